package import PipelineCore

extension SQLPipelineStore {
    package func commit(_ changes: [StoreChange], epoch: Int64) async throws {
        try await write(CommitPlan(changes, epoch: epoch, library: database.library).operations)
    }

    package func run(_ key: RunKey) async throws -> DAGRun? {
        try await runs("SelectRun", [.text(key.dagID), .text(key.runID)]).first
    }

    package func runs(_ filter: RunFilter) async throws -> [DAGRun] {
        let conditions = conditions(filter)
        let statement = database.library.compose("SelectRuns", conditions.map(\.name))
        let page: [SQLValue] = [.int(filter.limit), .int(filter.offset)]
        return try await rows(
            statement, conditions.flatMap(\.values) + page, table: "dag_run", keyLength: 2) { try DAGRun(&$0) }
    }

    package func lastAutomatedRuns() async throws -> [DAGRun] { try await runs("SelectLastAutomatedRuns", []) }

    package func countRuns(_ filter: RunFilter) async throws -> Int {
        let conditions = conditions(filter)
        let statement = database.library.compose("CountRuns", conditions.map(\.name))
        return try await rows(statement, conditions.flatMap(\.values), table: "dag_run", keyLength: 0) {
            try $0.int()
        }[0]
    }

    package func previousRun(
        dagID: String, before logicalDate: Timestamp, states: [RunState]
    ) async throws -> DAGRun? {
        let statement = database.library.compose("SelectPreviousRun", states.isEmpty ? [] : ["runs.states"])
        let values: [SQLValue] = [.text(dagID), .timestamp(logicalDate)]
        let wanted: [SQLValue] = states.isEmpty ? [] : [.texts(states.map(\.rawValue))]
        return try await rows(statement, values + wanted, table: "dag_run", keyLength: 2) { try DAGRun(&$0) }.first
    }

    package func setNote(_ note: String?, run: RunKey) async throws {
        let changed = try await write("SetRunNote", [.text(note), .text(run.dagID), .text(run.runID)])
        if changed == 0 { throw missing(run) }
    }

    package func deleteRun(_ key: RunKey) async throws -> Bool {
        let values: [SQLValue] = [.text(key.dagID), .text(key.runID)]
        let changed = try await write(
            [operation("DeleteRunReschedules", values), operation("DeleteRun", values)], isRepeatable: false)
        if changed[1] > 0 { return true }
        guard let run = try await run(key) else { return false }
        throw StoreError(
            .conflict, "run \(key) is \(run.state.rawValue); cancel it before deleting it", location: location)
    }

    func runs(_ statement: String, _ values: [SQLValue]) async throws -> [DAGRun] {
        try await rows(statement, values, table: "dag_run", keyLength: 2) { try DAGRun(&$0) }
    }

    private static func isActive(_ states: [RunState]) -> Bool { !states.isEmpty && !states.contains { $0.isFinished } }

    private func conditions(_ filter: RunFilter) -> [Condition] {
        [
            Condition("runs.dagID", filter.dagID), Condition("runs.runIDs", filter.runIDs),
            Condition("runs.states", filter.states.map(\.rawValue)),
            Condition("runs.types", filter.types.map(\.rawValue)),
            Self.isActive(filter.states) ? Condition(name: "runs.active", values: []) : nil,
            filter.logicalDates.count == 1
                ? Condition(name: "runs.logicalDate", values: [.timestamp(filter.logicalDates[0])])
                : Condition("runs.logicalDates", filter.logicalDates),
            Condition("runs.logicalDateFrom", filter.logicalDateFrom),
            Condition("runs.logicalDateTo", filter.logicalDateTo),
        ].compactMap(\.self)
    }
}

/// A condition of a filter: the statement that states it, and its values. An empty one is none.
struct Condition {
    var name: String
    var values: [SQLValue]

    init(name: String, values: [SQLValue]) {
        self.name = name
        self.values = values
    }

    init?(_ name: String, _ text: String?) {
        guard let text else { return nil }
        self.init(name: name, values: [.text(text)])
    }

    init?(_ name: String, _ instant: Timestamp?) {
        guard let instant else { return nil }
        self.init(name: name, values: [.timestamp(instant)])
    }

    init?(_ name: String, _ texts: [String]) {
        if texts.isEmpty { return nil }
        self.init(name: name, values: [.texts(texts)])
    }

    init?(_ name: String, _ instants: [Timestamp]) {
        if instants.isEmpty { return nil }
        self.init(name: name, values: [.timestamps(instants)])
    }
}
