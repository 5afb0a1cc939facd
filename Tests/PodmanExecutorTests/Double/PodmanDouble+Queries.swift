import ChildProcesses
import PipelineCore
import Synchronization

/// What is asked of podman, and removed from it.
extension PodmanDouble {
    func query(_ arguments: [String]) -> CommandResult {
        switch (arguments[0], arguments.count > 1 ? arguments[1] : "") {
        case ("info", _): Self.done(state.withLock { $0.info }.serialized())
        case ("ps", _): list(arguments)
        case ("container", "inspect"): inspect(arguments.dropFirst(2))
        case ("container", "exists"): exists { state in state.containers.contains { $0.name == arguments[2] } }
        case ("image", "exists"): exists { $0.images.contains(arguments[2]) }
        case ("volume", "exists"): exists { $0.volumes.contains(arguments[2]) }
        case ("volume", "rm"): removeVolume(arguments[3])
        case ("rm", _): remove(arguments)
        default: Self.error("unknown command \(arguments)")
        }
    }

    private func exists(_ condition: (State) -> Bool) -> CommandResult {
        CommandResult(exitCode: state.withLock { condition($0) } ? 0 : 1, output: [])
    }

    private func list(_ arguments: [String]) -> CommandResult {
        let filters = arguments.filter { $0.hasPrefix("label=") }.map { $0.dropFirst("label=".count) }
        let found = containers.filter { container in
            filters.allSatisfy { filter in
                let parts = filter.split(separator: "=", maxSplits: 1).map(String.init)
                guard let value = container.labels[parts[0]] else { return false }
                return parts.count == 1 || value == parts[1]
            }
        }
        return Self.done(found.map { "\($0.id)\n" }.joined())
    }

    private func inspect(_ ids: some Sequence<String>) -> CommandResult {
        let all = containers
        var found: [JSONValue] = []
        for id in ids {
            guard let container = all.first(where: { $0.id == id }) else { return Self.error("no such container \(id)") }
            found.append(json(container))
        }
        return Self.done(JSONValue.array(found).serialized())
    }

    private func json(_ container: Container) -> JSONValue {
        let zero = "0001-01-01T00:00:00Z"
        let memory = container.arguments.firstIndex(of: "--memory").map { container.arguments[$0 + 1].dropLast() }
        return [
            "Id": .string(container.id), "Name": .string(container.name), "ImageName": .string(container.image),
            "ImageDigest": "sha256:abc", "Image": "def",
            "State": [
                "Status": .string(container.status), "ExitCode": .int(container.exitCode),
                "OOMKilled": .bool(container.isOutOfMemory),
                "StartedAt": .string(container.startedAt?.apiFormat ?? zero),
                "FinishedAt": .string(container.finishedAt?.apiFormat ?? zero),
            ],
            "Config": [
                "Labels": .object(JSONObject(container.labels.map { ($0.key, .string($0.value)) })),
                "User": .string(state.withLock { $0.imageUser }),
            ],
            "HostConfig": [
                "LogConfig": ["Path": .string("/logs/\(container.name)")], "Memory": .int(memory.flatMap { Int($0) } ?? 0),
            ],
        ]
    }

    private func removeVolume(_ name: String) -> CommandResult {
        change { _ = $0.volumes.remove(name) }
        return Self.done()
    }

    private func remove(_ arguments: [String]) -> CommandResult {
        // rm --force --ignore --volumes --time SECONDS NAME...
        let names = Set(arguments.dropFirst(6))
        change { state in state.containers.removeAll { names.contains($0.name) } }
        wake()
        return Self.done()
    }
}
