import PipelineCore

/// What planners are told of the DAGs in the folder.
struct Schedules {
    let library: DAGLibrary
    let store: any PipelineStore

    /// - Parameter dagIDs: `nil`: all.
    func read(_ dagIDs: Set<String>? = nil) async throws -> [DAGSchedule] {
        let paused = try await StoreWatch.paused(store)
        let last = Dictionary(try await store.lastAutomatedRuns().map { ($0.key.dagID, $0) }) { first, _ in first }
        let partitioned = Dictionary(try await store.lastPartitionedRuns().map { ($0.key.dagID, $0) }) { first, _ in first }
        return library.catalog.dags.filter { dagIDs?.contains($0.dag.id) ?? true }.map { loaded in
            let (header, dagID) = (loaded.dag.header, loaded.dag.id)
            return schedule(
                header, isPaused: paused.contains(dagID),
                last: Self.last(header.timetable, last[dagID], partitioned[dagID]))
        }
    }

    /// Where the schedule goes on: runs of partitions have no data interval, and are known by when they were due.
    private static func last(
        _ definition: TimetableDefinition, _ automated: DAGRun?, _ partitioned: DAGRun?
    ) -> DataInterval? {
        let ofPartition = partitioned.map { DataInterval.exact($0.runAfter) }
        if case .cronPartition = definition { return ofPartition }
        guard let start = automated?.dataIntervalStart, let end = automated?.dataIntervalEnd else {
            if case .custom = definition { return ofPartition }
            return nil
        }
        return DataInterval(start: start, end: end)
    }

    /// A timetable that cannot be understood (an unknown zone) was an import error already.
    private func schedule(_ header: DAGHeader, isPaused: Bool, last: DataInterval?) -> DAGSchedule {
        let timetable = (try? library.timetable(of: header)) ?? nil
        return DAGSchedule(header, timetable: timetable, isPaused: isPaused, last: last)
    }
}
