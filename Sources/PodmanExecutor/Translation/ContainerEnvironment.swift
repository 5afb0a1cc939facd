import K8sPodExecutor
import PipelineCore

/// The variables of a container.
///
/// podman takes them from its own environment where an option names them only: values in a command line would be there for
/// every user of the machine to read. Names that podman itself looks at are the exception.
struct ContainerEnvironment {
    private(set) var options: [String] = []
    /// What is handed to podman in its environment.
    private(set) var inherited: [String: String] = [:]
    /// All of them, for references.
    private(set) var values: [String: String] = [:]

    private let pod: JSONValue
    private let host: String

    init(_ list: JSONValue?, pod: JSONValue, host: String, at place: String) throws {
        self.pod = pod
        self.host = host
        for (index, variable) in (list?.arrayValue ?? []).enumerated() {
            let name = variable["name"]?.stringValue ?? ""
            values[name] = try value(variable, at: "\(place)[\(index)] (\(name))")
        }
        for (name, value) in values.sorted(by: { $0.key < $1.key }) {
            if Self.isPodmansOwn(name) {
                options += ["--env", "\(name)=\(value)"]
            } else {
                options += ["--env", name]
                inherited[name] = value
            }
        }
    }

    private static let ownNames: Set<String> = [
        "GODEBUG", "GOGC", "GOMAXPROCS", "GOMEMLIMIT", "GOTRACEBACK", "HOME", "HOSTNAME", "LANG", "LOGNAME", "NOTIFY_SOCKET", "PATH", "SHELL", "SSH_AUTH_SOCK", "TERM", "TMPDIR", "TZ", "USER",
    ]
    private static let ownPrefixes = [
        "BUILDAH", "CONTAINER", "CONTAINERS_", "DBUS_", "DOCKER_", "LC_", "LD_", "LISTEN_", "PODMAN", "REGISTR", "SSL_",
        "STORAGE_", "XDG_", "_",
    ]

    private static func isPodmansOwn(_ name: String) -> Bool {
        ownNames.contains(name) || ownPrefixes.contains { name.hasPrefix($0) } || name.lowercased().hasSuffix("_proxy")
    }

    private func value(_ variable: JSONValue, at place: String) throws -> String {
        if let source = variable["valueFrom"], !source.isNull { return try field(source, at: place) }
        let value = variable["value"] ?? ""
        return VariableReferences.expanded(value.isNull ? "" : value.stringValue ?? value.serialized(), values)
    }

    private func field(_ source: JSONValue, at place: String) throws -> String {
        guard let path = source["fieldRef"]?["fieldPath"]?.stringValue else {
            let kind = source.objectValue?.first { !$0.value.isNull }?.key ?? "valueFrom"
            throw PodBuildError(place, "a \(kind) exists in a cluster only; with podman, give the value itself")
        }
        switch path {
        case "metadata.name": return pod["metadata"]?["name"]?.stringValue ?? ""
        case "metadata.namespace": return pod["metadata"]?["namespace"]?.stringValue ?? ""
        case "spec.nodeName": return host
        default:
            guard let value = marked(path) else { throw PodBuildError(place, "podman knows no \(path)") }
            return value
        }
    }

    /// `metadata.labels['team']`; one that is not there is empty.
    private func marked(_ path: String) -> String? {
        for kind in ["labels", "annotations"] {
            let start = "metadata.\(kind)['"
            guard path.hasPrefix(start), path.hasSuffix("']") else { continue }
            return pod["metadata"]?[kind]?[String(path.dropFirst(start.count).dropLast(2))]?.stringValue ?? ""
        }
        return nil
    }
}
