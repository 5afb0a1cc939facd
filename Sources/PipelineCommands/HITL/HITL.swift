import ArgumentParser
import Glibc
import PipelineCore

struct HITL: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hitl", abstract: "Answer tasks that wait for a person (human in the loop).",
        subcommands: [HITLList.self, HITLRespond.self])

    /// Who answers: the user of this process.
    static var user: HITLUser {
        let name = getpwuid(getuid()).flatMap { $0.pointee.pw_name }.map { String(cString: $0) } ?? "uid\(getuid())"
        return HITLUser(id: name, name: name)
    }

    /// A question under the names that Airflow's REST API gives it.
    static func row(_ detail: HITLDetail) -> JSONObject {
        let response = detail.response
        return [
            "dag_id": .string(detail.task.run.dagID), "run_id": .string(detail.task.run.runID),
            "task_id": .string(detail.task.taskID), "map_index": .int(detail.task.mapIndex),
            "subject": .string(detail.subject), "body": RunDocument.text(detail.body),
            "options": list(detail.options), "defaults": detail.defaults.map(list) ?? .null,
            "multiple": .bool(detail.multiple), "params": .object(detail.params),
            "assigned_users": .array(detail.assignedUsers.map(\.json)),
            "created_at": RunDocument.time(detail.createdAt),
            "response_received": .bool(response != nil), "responded_at": RunDocument.time(response?.respondedAt),
            "responded_by_user": response?.respondedBy?.json ?? .null,
            "chosen_options": response.map { list($0.chosenOptions) } ?? .null,
            "params_input": response.map { .object($0.paramsInput) } ?? .null,
        ]
    }

    private static func list(_ texts: [String]) -> JSONValue { .array(texts.map(JSONValue.string)) }
}
