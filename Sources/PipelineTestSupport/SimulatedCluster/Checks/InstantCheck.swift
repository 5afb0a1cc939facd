import PipelineCore

/// I9: a scheduled instant gives exactly one run.
enum InstantCheck {
    /// At most one: in every state of the store.
    static func problems(_ save: RunSave, _ dates: inout [ClusterStore.LogicalDate: RunKey]) -> [String] {
        guard let date = save.new.logicalDate else { return [] }
        let place = ClusterStore.LogicalDate(dagID: save.new.key.dagID, date: date)
        var found: [String] = []
        if let other = dates[place], other != save.new.key {
            found.append("I9: run \(save.new.key) has the logical date of run \(other), \(date.apiFormat)")
        }
        if let old = save.old, old.logicalDate != save.new.logicalDate || old.type != save.new.type {
            found.append("I9: run \(save.new.key) takes the place of another one")
        }
        dates[place] = save.new.key
        return found
    }

    /// At least one, when all is over: with `catchup`, each tick within the bounds has its run.
    static func missing(_ version: ClusterDAG, _ runs: [RunKey: DAGRun], until now: Timestamp) -> [String] {
        guard let timetable = version.timetable, version.dag.header.catchup, version.dag.header.timetable != .null else { return [] }
        if case .assetTriggered = version.dag.header.timetable { return [] }
        let header = version.dag.header
        let restriction = TimeRestriction(earliest: header.startDate, latest: header.endDate, catchup: true)
        let dates = Set(runs.values.filter { $0.key.dagID == header.id }.compactMap(\.logicalDate))
        var (last, found): (DataInterval?, [String]) = (nil, [])
        // Bounds the loop: no schedule of a simulation has so many ticks.
        for _ in 0..<100 {
            guard let next = timetable.nextRun(after: last, within: restriction, now: now), next.runAfter <= now else { break }
            if !dates.contains(next.logicalDate) { found.append("I9: DAG \(header.id) has no run of \(next.logicalDate.apiFormat)") }
            last = next.dataInterval
        }
        return found
    }
}
