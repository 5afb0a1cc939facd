import ArgumentParser
import PipelineCore

struct HITLRespond: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "respond", abstract: "Answer the question of a task.",
        discussion: """
            Works whether or not a scheduler or 'pipeline run' is running; the first answer counts. Examples:
              pipeline hitl respond release latest approve --option Approve
              pipeline hitl respond train latest settings --option OK --params '{"epochs": 30}'
            """)
    @OptionGroup var global: GlobalOptions
    @OptionGroup var output: TextOutputOptions
    @Argument(help: "DAG id.") var dagID: String
    @Argument(help: "Run id or logical date ('latest': the newest).") var runID: String
    @Argument(help: "Task id.") var taskID: String
    @Option(help: "Map index.") var mapIndex = TaskInstanceKey.unmapped
    @Option(name: .customLong("option"), help: "The option chosen; repeat it where several may be.")
    var options: [String] = []
    @Option(help: "Values of the form's fields, a JSON object; those left out have their defaults.") var params: String?

    func execute(_ workspace: Workspace) async throws {
        let input = try input()
        let run = try await workspace.run(dagID: dagID, runID: runID)
        let key = TaskInstanceKey(run: run.key, taskID: taskID, mapIndex: mapIndex)
        let detail = try await question(key, workspace.store)
        let response = try checked(
            HITLResponse(
                chosenOptions: options, paramsInput: input, respondedBy: HITL.user,
                respondedAt: SystemWallClock().now()),
            detail)
        guard try await workspace.store.respond(response, tryID: detail.tryID) else {
            throw CommandFailure(HITLDetail.alreadyAnswered(key).message)
        }
        Nudge.send(workspace.configuration)
        var answered = detail
        answered.response = response
        output.print(
            HITL.row(answered), orText: "Answered \(key) with \(options.joined(separator: ", ")) as \(HITL.user.name).")
    }

    private func input() throws -> JSONObject {
        guard let params else { return [:] }
        guard let object = (try? JSONValue.parse(params))?.objectValue else {
            throw UsageError("--params must be a JSON object, not \(params)")
        }
        return object
    }

    /// The question of the try that is there now.
    private func question(_ key: TaskInstanceKey, _ store: any PipelineStore) async throws -> HITLDetail {
        let filter = TaskFilter(run: key.run, taskIDs: [key.taskID], mapIndex: key.mapIndex)
        guard let instance = try await store.taskInstances(filter).first else {
            throw CommandFailure("run '\(key.run)' has no task instance \(key.taskID)[\(key.mapIndex)]")
        }
        guard let detail = try await store.hitlDetail(tryID: instance.id) else {
            let state = instance.state?.rawValue ?? "not yet scheduled"
            throw CommandFailure("\(key) asks nothing (it is \(state)); see 'pipeline hitl list'")
        }
        return detail
    }

    private func checked(_ response: HITLResponse, _ detail: HITLDetail) throws -> HITLResponse {
        do {
            return try detail.checked(response)
        } catch {
            if error.code == .invalid { throw UsageError(error.message) }
            throw CommandFailure(error.message)
        }
    }
}
