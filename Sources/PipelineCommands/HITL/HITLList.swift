import ArgumentParser
import PipelineCore

struct HITLList: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the questions that wait for an answer.",
        discussion: "With --all also those that have been answered, and those whose task waits no more.")
    @OptionGroup var global: GlobalOptions
    @OptionGroup var output: OutputOptions
    @Argument(help: "Only questions of this DAG.") var dagID: String?
    @Argument(help: "Only questions of this run ('latest': the newest).") var runID: String?
    @Flag(help: "Also questions that nobody waits for any more.") var all = false

    static let columns = ["dag_id", "run_id", "task_id", "map_index", "subject", "options", "defaults", "created_at"]
    static let answerColumns = ["response_received", "responded_by_user", "chosen_options", "params_input"]

    func execute(_ workspace: Workspace) async throws {
        var filter = HITLFilter()
        filter.dagID = dagID
        if let dagID, let runID { filter.runID = try await workspace.run(dagID: dagID, runID: runID).key.runID }
        if !all { filter.isAnswered = false }
        var details = try await workspace.store.hitlDetails(filter)
        if !all { details = try await waiting(details, workspace.store) }
        output.print(Table(columns: Self.columns + (all ? Self.answerColumns : []), rows: details.map(HITL.row)))
    }

    private func waiting(_ details: [HITLDetail], _ store: any PipelineStore) async throws -> [HITLDetail] {
        var filter = TaskFilter()
        filter.dagID = dagID
        filter.states = [.awaitingInput, .deferred]
        let tries = Set(try await store.taskInstances(filter).map(\.id))
        return details.filter { tries.contains($0.tryID) }
    }
}
