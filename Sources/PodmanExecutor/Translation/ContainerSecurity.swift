import K8sPodExecutor
import PipelineCore

/// Who a container runs as, and what it may do: its own context over the pod's.
struct ContainerSecurity {
    private(set) var options: [String] = []
    private(set) var refusesRoot = false

    private let pod: JSONValue?
    private let container: JSONValue?
    private let place: String

    init(pod: JSONValue?, container: JSONValue?, at place: String) throws {
        self.pod = pod
        self.container = container
        self.place = "\(place).securityContext"
        _ = try FieldRules.containerSecurity.check(container, at: self.place)
        try addUser()
        try addRights()
        for setting in pod?["sysctls"]?.arrayValue ?? [] {
            options += ["--sysctl", "\(setting["name"]?.stringValue ?? "")=\(setting["value"]?.stringValue ?? "")"]
        }
    }

    private func setting(_ key: String) -> JSONValue? {
        if let own = container?[key], !own.isNull { return own }
        return pod?[key]
    }

    private mutating func addUser() throws {
        let (user, group) = (setting("runAsUser")?.intValue, setting("runAsGroup")?.intValue)
        let isRootRefused = setting("runAsNonRoot")?.boolValue == true
        guard !isRootRefused || user != 0 else {
            throw PodBuildError(place, "runAsNonRoot is set, and runAsUser is 0")
        }
        refusesRoot = isRootRefused && user == nil
        switch (user, group) {
        case (let user?, let group?): options += ["--user", "\(user):\(group)"]
        case (let user?, nil): options += ["--user", String(user)]
        case (nil, .some): throw PodBuildError(place, "runAsGroup needs runAsUser beside it with podman")
        case (nil, nil): break
        }
        let groups = [pod?["fsGroup"]].compactMap(\.self) + (pod?["supplementalGroups"]?.arrayValue ?? [])
        options += groups.compactMap(\.intValue).flatMap { ["--group-add", String($0)] }
    }

    private mutating func addRights() throws {
        if container?["privileged"]?.boolValue == true { options.append("--privileged") }
        if container?["allowPrivilegeEscalation"]?.boolValue == false { options += ["--security-opt", "no-new-privileges"] }
        // Without the folders for temporary files that podman would add.
        if container?["readOnlyRootFilesystem"]?.boolValue == true { options += ["--read-only", "--read-only-tmpfs=false"] }
        for (key, option) in [("drop", "--cap-drop"), ("add", "--cap-add")] {
            let names = container?["capabilities"]?[key]?.arrayValue ?? []
            options += names.compactMap(\.stringValue).flatMap { [option, $0] }
        }
        switch setting("seccompProfile")?["type"]?.stringValue {
        case nil, "RuntimeDefault": break
        case "Unconfined": options += ["--security-opt", "seccomp=unconfined"]
        case let other?: throw PodBuildError("\(place).seccompProfile", "podman has no profile '\(other)'")
        }
    }
}
