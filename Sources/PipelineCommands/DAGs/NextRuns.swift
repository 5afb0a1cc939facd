import PipelineCore
import PythonHost

/// The runs that a DAG's schedule will give after the last one it gave.
struct NextRuns {
    let dag: DAG
    let library: DAGLibrary
    let store: any PipelineStore

    func runs(_ count: Int) async throws -> [ScheduledRun] {
        let header = dag.header
        let restriction = TimeRestriction(
            earliest: header.startDate, latest: header.endDate, catchup: header.catchup)
        var last = try await lastScheduled()
        var runs: [ScheduledRun] = []
        while runs.count < count, let next = try await next(after: last, restriction) {
            runs.append(next)
            last = next.dataInterval
        }
        return runs
    }

    /// A run of a partition has no data interval; it is known by when it was due.
    private func lastScheduled() async throws -> DataInterval? {
        var filter = RunFilter(dagID: dag.id, limit: 1)
        filter.types = [.scheduled, .backfill]
        guard let run = try await store.runs(filter).first else { return nil }
        if run.partitionKey != nil { return .exact(run.runAfter) }
        guard let start = run.dataIntervalStart, let end = run.dataIntervalEnd else { return nil }
        return DataInterval(start: start, end: end)
    }

    private func next(
        after last: DataInterval?, _ restriction: TimeRestriction
    ) async throws -> ScheduledRun? {
        if let timetable = try library.timetable(of: dag.header) {
            return timetable.nextRun(after: last, within: restriction, now: SystemWallClock().now())
        }
        guard let next = try await library.customTimetable(of: dag).nextRun(after: last, within: restriction) else {
            return nil
        }
        let interval = next.dataInterval ?? .exact(next.runAfter)
        return ScheduledRun(
            runAfter: next.runAfter, logicalDate: interval.start, dataInterval: interval, partition: next.partition)
    }
}
