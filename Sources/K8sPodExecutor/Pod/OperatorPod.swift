import PipelineCore

/// What a KubernetesPodOperator says, as rendered attributes.
struct OperatorPod {
    private let attributes: JSONObject

    /// - Throws: ``PodBuildError`` when the reader gave no pod.
    init(_ attributes: JSONObject) throws {
        guard attributes["pod"]?.objectValue != nil else {
            throw PodBuildError("pod", "the operator has no pod; read its DAG again with this version")
        }
        self.attributes = attributes
    }

    /// What the author called the pod.
    var name: String? {
        attributes["name"]?.stringValue ?? attributes["pod"]?["metadata"]?["name"]?.stringValue
    }

    /// Members of the base container that the rendered fields have the last word on.
    private static let containerMembers = [
        ("image", "image"), ("command", "cmds"), ("args", "arguments"), ("env", "env_vars"),
        ("resources", "container_resources"),
    ]

    /// The operator's pod with the rendered fields in their places.
    var pod: JSONValue {
        let pod = attributes["pod"] ?? [:]
        let name = attributes["base_container_name"]?.stringValue ?? PodNames.baseContainer
        guard var containers = pod["spec"]?["containers"]?.arrayValue,
            let index = containers.firstIndex(where: { $0["name"]?.stringValue == name }) ?? containers.indices.first
        else { return pod }
        var container = containers[index].objectValue ?? [:]
        for (member, attribute) in Self.containerMembers {
            if let value = attributes[attribute], !value.isNull { container[member] = Self.shaped(value, member) }
        }
        containers[index] = .object(container)
        return pod.setting("spec", "containers", to: .array(containers))
    }

    /// Variables may be written as a dictionary; Airflow's own names of resources are Kubernetes's.
    private static func shaped(_ value: JSONValue, _ member: String) -> JSONValue {
        guard member == "env", let members = value.objectValue else { return value }
        return .array(members.map { ["name": .string($0.key), "value": $0.value] })
    }

    /// - Throws: ``PodBuildError`` for a field that has no meaning.
    func plan() throws -> PodPlan {
        var plan = PodPlan()
        plan.baseContainer = attributes["base_container_name"]?.stringValue ?? plan.baseContainer
        plan.pushesXCom = attributes["do_xcom_push"]?.boolValue ?? false
        plan.showsLogs = attributes["get_logs"]?.boolValue ?? true
        plan.prefixesLines = attributes["container_name_log_prefix_enabled"]?.boolValue ?? true
        plan.skipExitCodes = exitCodes("skip_on_exit_code")
        plan.finishAction = try finishAction()
        let start = attributes["schedule_timeout_seconds"]?.doubleValue
            ?? attributes["startup_timeout_seconds"]?.doubleValue
        plan.startSeconds = max(start ?? plan.startSeconds, attributes["startup_timeout_seconds"]?.doubleValue ?? 0)
        return plan
    }

    /// The operator's own context for the container that keeps the result.
    var sidecarSecurityContext: JSONValue { attributes["xcom_sidecar_container_security_context"] ?? .null }

    private func exitCodes(_ name: String) -> [Int] {
        guard let value = attributes[name] else { return [] }
        return value.intValue.map { [$0] } ?? value.arrayValue?.compactMap(\.intValue) ?? []
    }

    private func finishAction() throws -> PodPlan.FinishAction {
        guard let text = attributes["on_finish_action"]?.stringValue else { return .delete }
        guard let action = PodPlan.FinishAction(rawValue: text) else {
            throw PodBuildError("on_finish_action", "'\(text)' is unknown; Airflow has keep_pod, delete_pod, "
                + "delete_active_pod and delete_succeeded_pod")
        }
        return action
    }
}
