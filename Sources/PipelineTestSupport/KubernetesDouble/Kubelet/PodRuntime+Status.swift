import PipelineCore

extension PodRuntime {
    /// The `status` of the pod as the kubelet writes it over an old one.
    func status(over pod: JSONValue, at now: JSONValue) -> JSONValue {
        var status = pod["status"] ?? [:]
        status.set("observedGeneration", to: pod.at("metadata", "generation"))
        status.set("phase", to: .string(phase.rawValue))
        if let reason {
            status.set("reason", to: .string(reason.reason))
            status.set("message", to: .string(reason.message))
        }
        if let startTime { status.set("startTime", to: .string(Self.seconds(startTime))) }
        guard isAccepted else { return status }
        status.set("hostIP", to: "10.88.77.1")
        if containers.contains(where: { !$0.state.isWaiting }) { status.set("podIP", to: "10.88.77.167") }
        let initial = containers.filter { $0.role != .ordinary }
        if !initial.isEmpty { status.set("initContainerStatuses", to: .array(initial.map(Self.status))) }
        let ordinary = containers.filter { $0.role == .ordinary }
        status.set("containerStatuses", to: .array(ordinary.map(Self.status)))
        status.set("conditions", to: .array(conditions(over: status["conditions"]?.arrayValue ?? [], at: now)))
        return status
    }

    /// The kubelet's conditions, with those of others kept.
    private func conditions(over old: [JSONValue], at now: JSONValue) -> [JSONValue] {
        let own = ["PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady"]
        let isReady = phase == .running && positions(nil).allSatisfy { containers[$0].state.isRunning }
        let isInitialized = !containers.contains { $0.role == .initial && $0.state.isWaiting }
        let values = [isRunning, isInitialized, isReady, isReady]
        let unready = positions(nil).map { containers[$0].name }.joined(separator: " ")
        let conditions = zip(own, values).map { type, value -> JSONValue in
            var condition: JSONValue = [
                "type": .string(type), "status": .string(value ? "True" : "False"), "lastProbeTime": .null,
            ]
            let before = old.first { $0["type"]?.stringValue == type }
            let isSame = before?["status"] == condition["status"]
            condition.set("lastTransitionTime", to: isSame ? before?["lastTransitionTime"] : now)
            if !value, type.hasSuffix("Ready") {
                condition.set("reason", to: isFinished ? "PodCompleted" : "ContainersNotReady")
                if !isFinished { condition.set("message", to: .string("containers with unready status: [\(unready)]")) }
            }
            return condition
        }
        return conditions + old.filter { !own.contains($0["type"]?.stringValue ?? "") }
    }

    private static func status(_ container: ContainerRuntime) -> JSONValue {
        let hasRun = !container.state.isWaiting || container.lastState != nil
        var status: JSONObject = [
            "name": .string(container.name), "state": json(container.state),
            "lastState": container.lastState.map(json) ?? [:],
            "ready": .bool(container.state.isRunning), "restartCount": .int(container.restartCount),
            "image": .string(container.image),
            "imageID": .string(hasRun ? "sha256:23ce848933ea984323a23756957afc30" : ""),
            "started": .bool(container.state.isRunning),
        ]
        if hasRun { status["containerID"] = .string("containerd://\(container.name)-\(container.restartCount)") }
        return .object(status)
    }

    private static func json(_ state: ContainerRuntime.State) -> JSONValue {
        switch state {
        case .waiting(let reason, let message):
            var members: JSONObject = ["reason": .string(reason)]
            if !message.isEmpty { members["message"] = .string(message) }
            return ["waiting": .object(members)]
        case .running(let since): return ["running": ["startedAt": .string(seconds(since))]]
        case .terminated(let exit, let started, let finished):
            var members: JSONObject = ["exitCode": .int(exit.code), "reason": .string(exit.reason ?? "Error")]
            if !exit.message.isEmpty { members["message"] = .string(exit.message) }
            members["startedAt"] = .string(seconds(started))
            members["finishedAt"] = .string(seconds(finished))
            return ["terminated": .object(members)]
        }
    }

    private static func seconds(_ time: Timestamp) -> String {
        Timestamp(microseconds: time.microseconds / 1_000_000 * 1_000_000).apiFormat
    }
}

extension ContainerRuntime.State {
    var isWaiting: Bool { if case .waiting = self { true } else { false } }
}
