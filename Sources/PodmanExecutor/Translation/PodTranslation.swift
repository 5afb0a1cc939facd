import K8sPodExecutor
import PipelineCore

/// Puts a pod into podman's words. Pure.
///
/// `podman kube play` is not used: of 4.3 it makes a pod only beside a pause image, knows no devices, no termination message
/// and no size of `/dev/shm`, and passes over in silence what it does not know.
struct PodTranslation {
    private let request: PodRequest
    private let host: String
    private let spec: JSONValue

    /// - Parameter host: the name of this machine.
    init(_ request: PodRequest, host: String) {
        self.request = request
        self.host = host
        spec = request.pod["spec"] ?? [:]
    }

    /// - Throws: `PodBuildError` with the field.
    func translated() throws -> PodmanPod {
        var pod = PodmanPod(name: request.name, run: request.identity.key.run)
        pod.ignored = try FieldRules.spec.check(spec, at: "spec")
        pod.ignored += try FieldRules.podSecurity.check(spec["securityContext"], at: "spec.securityContext")
        pod.graceSeconds = spec["terminationGracePeriodSeconds"]?.intValue ?? pod.graceSeconds
        pod.activeSeconds = try activeSeconds()
        let volumes = try PodVolumes(request)
        for (role, index, container) in containersInOrder {
            let place = "spec.\(role == .initial ? "initContainers" : "containers")[\(index)]"
            try add(container, role, place, volumes, to: &pod)
        }
        pod.volumes = volumes.ownNames + (volumes.hasResult ? [volumes.resultName] : [])
        pod.folders = volumes.foldersToMake
        return pod
    }

    /// The bounds are those of Kubernetes (`ValidatePodSpec`).
    private func activeSeconds() throws -> Int? {
        guard let seconds = spec["activeDeadlineSeconds"]?.intValue else { return nil }
        guard (1...Int(Int32.max)).contains(seconds) else {
            throw PodBuildError("spec.activeDeadlineSeconds", "\(seconds) is not between 1 and \(Int32.max)")
        }
        return seconds
    }

    private var containersInOrder: [(PodmanPod.Role, Int, JSONValue)] {
        let initial = spec["initContainers"]?.arrayValue ?? []
        // The result stays in its volume: nobody has to keep it there.
        let ordinary = (spec["containers"]?.arrayValue ?? []).filter { container in
            !request.plan.hasSidecar || container["name"]?.stringValue != XComSidecar.containerName
        }
        return initial.enumerated().map { (.initial, $0, $1) }
            + ordinary.enumerated().map { index, container in
                (container["name"]?.stringValue == request.plan.baseContainer ? .base : .side, index, container)
            }
    }

    private func add(
        _ container: JSONValue, _ role: PodmanPod.Role, _ place: String, _ volumes: PodVolumes, to pod: inout PodmanPod
    ) throws {
        pod.ignored += try FieldRules.container.check(container, at: place)
        let name = container["name"]?.stringValue ?? ""
        let resources = try ContainerResources(container["resources"], at: "\(place).resources")
        if !resources.devices.isEmpty {
            guard role == .base else {
                throw PodBuildError("\(place).resources", "with podman, only the container \(request.plan.baseContainer) gets devices")
            }
            pod.devices = resources.devices
        }
        let environment = try ContainerEnvironment(container["env"], pod: request.pod, host: host, at: "\(place).env")
        let security = try ContainerSecurity(pod: spec["securityContext"], container: container["securityContext"], at: place)
        var options = fixedOptions(container, name, role, pod) + environment.options + resources.options
        options += security.options + networkOptions(role)
        options += try volumes.options(container, role: role, at: place)
        let (entryPoint, arguments) = command(container, environment.values)
        pod.containers.append(
            PodmanPod.Container(
                name: name, fullName: "\(request.name)-\(name)", role: role,
                image: container["image"]?.stringValue ?? "", pullPolicy: try pullPolicy(container, place),
                options: options + entryPoint, command: arguments, environment: environment.inherited,
                refusesRoot: security.refusesRoot))
    }

    private func fixedOptions(_ container: JSONValue, _ name: String, _ role: PodmanPod.Role, _ pod: PodmanPod) -> [String] {
        var options = [
            "--name", "\(request.name)-\(name)", "--pull", "never", "--restart", "no", "--log-driver", "k8s-file",
            "--stop-timeout", String(pod.graceSeconds),
        ]
        options += labels(role).flatMap { ["--label", "\($0.key)=\($0.value)"] }
        if let folder = container["workingDir"]?.stringValue, !folder.isEmpty { options += ["--workdir", folder] }
        if container["tty"]?.boolValue == true { options.append("--tty") }
        return options
    }

    /// Labels of podman's may hold any text: annotations are kept as such.
    private func labels(_ role: PodmanPod.Role) -> [(key: String, value: String)] {
        let metadata = request.pod["metadata"]
        var labels: [String: String] = [:]
        for kind in ["annotations", "labels"] {
            for (key, value) in metadata?[kind]?.objectValue ?? [:] { labels[key] = value.stringValue ?? value.serialized() }
        }
        labels[PodmanLabels.run] = PodmanLabels.runValue(request.identity.key.run)
        labels[PodmanLabels.task] = PodmanLabels.taskValue(request.identity.key)
        labels[PodmanLabels.pod] = request.name
        labels[PodmanLabels.role] = role.rawValue
        return labels.sorted { $0.key < $1.key }
    }

    private func networkOptions(_ role: PodmanPod.Role) -> [String] {
        var options: [String] = []
        if spec["hostPID"]?.boolValue == true { options += ["--pid", "host"] }
        if spec["hostIPC"]?.boolValue == true { options += ["--ipc", "host"] }
        // Containers of a pod reach each other as localhost.
        if role == .side { return options + ["--network", "container:\(request.name)-\(request.plan.baseContainer)"] }
        if spec["hostNetwork"]?.boolValue == true { return options + ["--network", "host"] }
        options += ["--hostname", spec["hostname"]?.stringValue ?? request.name]
        for alias in spec["hostAliases"]?.arrayValue ?? [] {
            let address = alias["ip"]?.stringValue ?? ""
            options += (alias["hostnames"]?.arrayValue ?? []).flatMap { ["--add-host", "\($0.stringValue ?? ""):\(address)"] }
        }
        return options + nameServiceOptions
    }

    private var nameServiceOptions: [String] {
        let config = spec["dnsConfig"]
        func texts(_ key: String) -> [String] { (config?[key]?.arrayValue ?? []).compactMap(\.stringValue) }
        let settings = (config?["options"]?.arrayValue ?? []).compactMap { option -> String? in
            guard let name = option["name"]?.stringValue else { return nil }
            return option["value"]?.stringValue.map { "\(name):\($0)" } ?? name
        }
        return texts("nameservers").flatMap { ["--dns", $0] } + texts("searches").flatMap { ["--dns-search", $0] }
            + settings.flatMap { ["--dns-option", $0] }
    }

    private func command(_ container: JSONValue, _ variables: [String: String]) -> (option: [String], arguments: [String]) {
        func words(_ key: String) -> [JSONValue] {
            (container[key]?.arrayValue ?? []).map { .string(VariableReferences.expanded($0.stringValue ?? "", variables)) }
        }
        let (entryPoint, arguments) = (words("command"), words("args"))
        let option = entryPoint.isEmpty ? [] : ["--entrypoint", JSONValue.array(entryPoint).serialized()]
        return (option, arguments.compactMap(\.stringValue))
    }

    private func pullPolicy(_ container: JSONValue, _ place: String) throws -> PodmanPod.PullPolicy {
        guard let text = container["imagePullPolicy"]?.stringValue, !text.isEmpty else { return .ifNotPresent }
        guard let policy = PodmanPod.PullPolicy(rawValue: text) else {
            throw PodBuildError("\(place).imagePullPolicy", "'\(text)' is unknown; there are Always, IfNotPresent and Never")
        }
        return policy
    }
}
