import PipelineCore

/// What planners are told of the DAGs in the folder.
struct Schedules {
    let library: DAGLibrary
    let store: any PipelineStore

    /// - Parameter dagIDs: `nil`: all.
    func read(_ dagIDs: Set<String>? = nil) async throws -> [DAGSchedule] {
        let paused = try await StoreWatch.paused(store)
        let last = Dictionary(try await store.lastAutomatedRuns().map { ($0.key.dagID, $0) }) { first, _ in first }
        return library.catalog.dags.filter { dagIDs?.contains($0.dag.id) ?? true }.map { loaded in
            schedule(loaded.dag.header, isPaused: paused.contains(loaded.dag.id), last: last[loaded.dag.id])
        }
    }

    /// A timetable that cannot be understood (an unknown zone) was an import error already.
    private func schedule(_ header: DAGHeader, isPaused: Bool, last: DAGRun?) -> DAGSchedule {
        var interval: DataInterval?
        if let start = last?.dataIntervalStart, let end = last?.dataIntervalEnd {
            interval = DataInterval(start: start, end: end)
        }
        let timetable = (try? library.timetable(of: header)) ?? nil
        return DAGSchedule(header, timetable: timetable, isPaused: isPaused, last: interval)
    }
}
