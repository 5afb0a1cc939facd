/// The stock operators that run without Python.
enum NativeOperations {
    static let all: [any NativeOperation.Type] = [
        EmptyOperation.self, BashOperation.self, KubernetesPodOperation.self, TriggerDagRunOperation.self,
        LatestOnlyOperation.self, BranchDateTimeOperation.self, BranchDayOfWeekOperation.self,
        DateTimeSensorOperation.self, TimeDeltaSensorOperation.self, TimeSensorOperation.self,
        DayOfWeekSensorOperation.self, ExternalTaskSensorOperation.self, BashSensorOperation.self,
    ]

    /// By import path of the stock class.
    static let known: [String: any NativeOperation.Type] = Dictionary(
        uniqueKeysWithValues: all.map { ($0.operatorClass, $0) })
}
