import PipelineCore

/// What planners are told of the DAGs in the folder.
struct Schedules {
    let library: DAGLibrary
    let store: any PipelineStore

    /// - Parameter dagIDs: `nil`: all.
    func read(_ dagIDs: Set<String>? = nil) async throws -> [DAGSchedule] {
        let pauses = try await StoreWatch.pauses(store)
        let last = Dictionary(try await store.lastAutomatedRuns().map { ($0.key.dagID, $0) }) { first, _ in first }
        return library.catalog.dags.filter { dagIDs?.contains($0.dag.id) ?? true }.map { loaded in
            Self.schedule(loaded.dag.header, isPaused: pauses[loaded.dag.id] ?? false, last: last[loaded.dag.id])
        }
    }

    /// A timetable that cannot be understood (an unknown zone) was an import error already.
    private static func schedule(_ header: DAGHeader, isPaused: Bool, last: DAGRun?) -> DAGSchedule {
        var interval: DataInterval?
        if let start = last?.dataIntervalStart, let end = last?.dataIntervalEnd {
            interval = DataInterval(start: start, end: end)
        }
        let timetable = (try? Timetables.factory.timetable(header.timetable)) ?? nil
        return DAGSchedule(header, timetable: timetable, isPaused: isPaused, last: interval)
    }
}
