import ChildProcesses
import PipelineCore
import PipelineTestSupport
import Synchronization

/// The life of containers.
extension PodmanDouble {
    /// Options of `create` that have no value of their own.
    private static let flags: Set<String> = ["--privileged", "--read-only", "--read-only-tmpfs=false", "--tty"]

    func create(_ arguments: [String], _ environment: [String: String]) -> CommandResult {
        var container = Container()
        var index = 1
        while index < arguments.count, arguments[index].hasPrefix("--") {
            guard !Self.flags.contains(arguments[index]) else { index += 1; continue }
            note(arguments[index], arguments[index + 1], in: &container, environment)
            index += 2
        }
        container.image = arguments[index]
        container.arguments = arguments
        return state.withLock { state in
            guard state.images.contains(container.image) else {
                return Self.error("\(container.image): image not known")
            }
            guard !state.containers.contains(where: { $0.name == container.name }) else {
                return Self.error("creating container storage: the container name \"\(container.name)\" is already in use")
            }
            state.made += 1
            container.id = "id\(state.made)"
            container.script = state.scriptsByContainer.first { container.name.hasSuffix($0.key) }?.value ?? state.script
            state.containers.append(container)
            return Self.done("\(container.id)\n")
        }
    }

    private func note(_ option: String, _ value: String, in container: inout Container, _ inherited: [String: String]) {
        switch option {
        case "--name": container.name = value
        case "--label":
            let parts = value.split(separator: "=", maxSplits: 1).map(String.init)
            container.labels[parts[0]] = parts.count > 1 ? parts[1] : ""
        case "--env":
            let parts = value.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            container.environment[parts[0]] = parts.count > 1 ? parts[1] : inherited[parts[0]]
        case "--volume":
            let source = String(value.prefix { $0 != ":" })
            if !source.hasPrefix("/") { change { _ = $0.volumes.insert(source) } }
        default: break
        }
    }

    func start(_ name: String) -> CommandResult {
        let (script, error) = state.withLock { state -> (ContainerScript?, String?) in
            guard let index = state.containers.firstIndex(where: { $0.name == name }) else { return (nil, "no such container") }
            if let error = state.containers[index].script.startError { return (nil, error) }
            guard state.containers[index].status == "created" else { return (nil, nil) }
            state.containers[index].status = "running"
            state.containers[index].startedAt = clock.timestamp
            return (state.containers[index].script, nil)
        }
        if let error { return Self.error(error) }
        if let script { Task { await live(name, script) } }
        return Self.done("\(name)\n")
    }

    private func live(_ name: String, _ script: ContainerScript) async {
        for line in script.rawLines { write(line, to: name) }
        for line in script.lines {
            write("stdout F \(line)", to: name)
            if let duration = script.duration { try? await clock.sleep(for: duration / script.lines.count, tolerance: nil) }
        }
        guard let duration = script.duration else { return }
        if script.lines.isEmpty { try? await clock.sleep(for: duration, tolerance: nil) }
        end(name, script.exitCode)
    }

    private func write(_ line: String, to name: String) {
        let followers = state.withLock { state -> [(Follower, ArraySlice<UInt8>)] in
            guard let index = state.containers.firstIndex(where: { $0.name == name && $0.status == "running" }) else { return [] }
            let microseconds = clock.timestamp.microseconds
            let second = Timestamp(microseconds: microseconds / 1_000_000 * 1_000_000).apiFormat.prefix(19)
            let digits = String(1_000_000 + microseconds % 1_000_000).dropFirst()
            let bytes = Array("\(second).\(digits)000+00:00 \(line)\n".utf8)
            state.containers[index].log += bytes
            return state.followers.values.filter { $0.container == name }.map { ($0, bytes[...]) }
        }
        for (follower, bytes) in followers { follower.output(bytes) }
    }

    private func end(_ name: String, _ exitCode: Int) {
        change { state in
            guard let index = state.containers.firstIndex(where: { $0.name == name && $0.status == "running" }) else { return }
            state.containers[index].status = "exited"
            state.containers[index].exitCode = exitCode
            state.containers[index].isOutOfMemory = state.containers[index].script.isOutOfMemory
            state.containers[index].finishedAt = clock.timestamp
        }
        wake()
    }

    func wait(_ name: String) async -> CommandResult {
        let isOver = { @Sendable (state: State) in
            state.containers.first { $0.name == name }.map { $0.status != "running" && $0.status != "created" } ?? true
        }
        while !state.withLock({ isOver($0) }) {
            if Task.isCancelled { return CommandResult(exitCode: 143, output: []) }
            await nextChange(unless: isOver)
        }
        guard let container = containers.first(where: { $0.name == name }) else { return Self.error("no such container") }
        return Self.done("\(container.exitCode)\n")
    }

    func stop(_ arguments: [String]) async -> CommandResult {
        // stop --ignore --time SECONDS NAME...
        let grace = Duration.seconds(Int(arguments[3]) ?? 0)
        for name in arguments.dropFirst(4) {
            guard let container = containers.first(where: { $0.name == name }), container.status == "running" else { continue }
            if let line = container.script.lineOnTerm { write("stdout F \(line)", to: name) }
            if let code = container.script.exitCodeOnTerm {
                end(name, code)
            } else {
                try? await clock.sleep(for: grace, tolerance: nil)
                end(name, 137)
            }
        }
        return Self.done()
    }

    func pull(_ arguments: [String]) async -> CommandResult {
        let image = arguments[2]
        while state.withLock({ $0.isPullStuck }), !Task.isCancelled { await nextChange { !$0.isPullStuck } }
        return state.withLock { state in
            guard state.pullable.contains(image) else {
                return Self.error("initializing source docker://\(image): reading manifest: manifest unknown")
            }
            state.images.insert(image)
            return Self.done()
        }
    }

    // MARK: - Logs and files

    func tail(_ arguments: [String], _ output: @escaping @Sendable (ArraySlice<UInt8>) -> Void) async -> CommandResult {
        // tail -c +N [-f] /logs/NAME
        let name = String((arguments.last ?? "").dropFirst("/logs/".count))
        guard let container = containers.first(where: { $0.name == name }) else {
            return CommandResult(exitCode: 1, output: [], errorOutput: "tail: cannot open")
        }
        let offset = (Int(arguments[1].dropFirst()) ?? 1) - 1
        guard arguments[2] == "-f" else {
            output(container.log.dropFirst(offset))
            return Self.done()
        }
        let id = state.withLock { state in
            state.nextFollower += 1
            // What was written since is in the log already.
            output((state.containers.first { $0.name == name }?.log ?? []).dropFirst(offset))
            state.followers[state.nextFollower] = Follower(container: name, output: output)
            return state.nextFollower
        }
        while !Task.isCancelled { await nextChange { _ in false } }
        change { $0.followers[id] = nil }
        return CommandResult(exitCode: 143, output: [])
    }

    func copy(_ arguments: [String], _ output: @Sendable (ArraySlice<UInt8>) -> Void) -> CommandResult {
        // cp NAME:PATH -
        let parts = arguments[1].split(separator: ":").map(String.init)
        guard let container = containers.first(where: { $0.name == parts[0] }) else { return Self.error("no such container") }
        guard parts[1] == "/airflow/xcom/return.json", let result = container.script.result, container.status == "exited" else {
            return Self.error("\"\(parts[1])\" could not be found on container \(parts[0])")
        }
        output(TarSample.archive(Array(result.utf8))[...])
        return Self.done()
    }
}
