import PipelineCore

/// The members of an operator's whole pod that come from its template fields: `volumes`, `labels` and so on. What stands
/// elsewhere (an init container's command) is no template in Airflow either.
enum PodTemplates {
    private static let containerMembers = ["image", "command", "args", "env", "envFrom", "resources", "volumeMounts"]
    private static let specMembers = ["volumes", "nodeSelector", "hostname"]
    private static let metadataMembers = ["name", "namespace", "labels", "annotations"]

    /// - Parameter render: gets the name of a member, for errors, and its value.
    static func rendered(
        _ pod: JSONValue, _ render: (String, JSONValue) throws -> JSONValue
    ) throws -> JSONValue {
        guard var object = pod.objectValue else { return pod }
        object["metadata"] = try members(metadataMembers, of: object["metadata"], render)
        object["spec"] = try members(specMembers, of: object["spec"], render)
        if var spec = object["spec"]?.objectValue, let containers = spec["containers"]?.arrayValue {
            spec["containers"] = .array(
                try containers.map { try members(containerMembers, of: $0, render) ?? $0 })
            object["spec"] = .object(spec)
        }
        return .object(object)
    }

    private static func members(
        _ names: [String], of value: JSONValue?, _ render: (String, JSONValue) throws -> JSONValue
    ) throws -> JSONValue? {
        guard var object = value?.objectValue else { return value }
        for name in names {
            guard let written = object[name] else { continue }
            object[name] = try render("pod.\(name)", written)
        }
        return .object(object)
    }
}
