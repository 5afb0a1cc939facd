import HTTPTransport
import PipelineCore

extension APICore {
    func log(_ call: KubernetesDouble.Call) throws(Failure) -> Answer {
        let (_, object) = try existing(call, .pods)
        guard call["stream"] == nil else {
            throw .invalid("PodLogOptions", "", [("FieldValueForbidden", "stream", "Forbidden: may not be specified")])
        }
        guard let pod = cluster.pods[object.uid] else { throw .notFound(.pods, object.name) }
        let container = try container(of: pod, call["container"], object.name)
        guard let node = pod.node else { return .reply(Reply(204, body: [])) }
        try checkKubelet(node, pod, container.name)
        if call.flag("previous"), container.lastState == nil {
            throw .badRequest("previous terminated container \"\(container.name)\" in pod \"\(object.name)\" not found")
        }
        if case .waiting(let reason, _) = container.state, container.lastState == nil {
            throw .badRequest(
                "container \"\(container.name)\" in pod \"\(object.name)\" is waiting to start: \(reason)")
        }
        let state = try range(call, container, pod.uid)
        return call.flag("follow") && !container.state.isTerminated
            ? .follow(state) : .reply(Self.whole(container.log, state))
    }

    private func checkKubelet(_ node: String, _ pod: PodRuntime, _ container: String) throws(Failure) {
        guard cluster.isLost(node) else { return }
        let url = "https://10.88.77.1:10250/containerLogs/\(pod.key.namespace)/\(pod.key.name)/\(container)"
        throw Failure(
            500, "InternalError", "Get \"\(url)\": dial tcp 10.88.77.1:10250: connect: connection refused")
    }

    private func container(of pod: PodRuntime, _ name: String?, _ podName: String) throws(Failure) -> ContainerRuntime {
        if let name, !name.isEmpty {
            guard let container = pod.containers.first(where: { $0.name == name }) else {
                throw .badRequest("container \(name) is not valid for pod \(podName)")
            }
            return container
        }
        let ordinary = pod.containers.filter { $0.role == .ordinary }
        if pod.containers.count == 1, let only = ordinary.first { return only }
        let initial = pod.containers.filter { $0.role != .ordinary }.map(\.name)
        let others = initial.isEmpty ? "" : " or one of the init containers: [\(initial.joined(separator: " "))]"
        throw .badRequest(
            "a container name must be specified for pod \(podName), choose one of: "
                + "[\(ordinary.map(\.name).joined(separator: " "))]\(others)")
    }

    /// Where in the log the answer begins, and how much of it may come.
    private func range(
        _ call: KubernetesDouble.Call, _ container: ContainerRuntime, _ uid: String
    ) throws(Failure) -> FollowState {
        var since: Int?
        if let text = call["sinceTime"] {
            guard let time = Timestamp(iso8601: text) else {
                throw .badRequest("parsing time \"\(text)\" as \"2006-01-02T15:04:05Z07:00\": cannot parse")
            }
            since = Int(time.microseconds / 1_000_000) * 1_000_000_000
        } else if let seconds = Int(call["sinceSeconds"] ?? "") {
            since = Int((wallTime - .seconds(seconds)).microseconds) * 1_000
        }
        let log = container.log
        var next = log.entries[log.first...].firstIndex { $0.stamp >= since ?? 0 } ?? log.entries.count
        if let tail = Int(call["tailLines"] ?? "") { next = max(next, log.entries.count - tail) }
        return FollowState(
            uid: uid, container: container.name, next: next, timestamps: call.flag("timestamps"), since: since,
            bytesLeft: Int(call["limitBytes"] ?? ""))
    }

    private static func line(_ entry: ContainerLog.Entry, _ state: FollowState) -> [UInt8] {
        state.timestamps ? Array("\(ContainerLog.text(of: entry.stamp)) ".utf8) + entry.bytes : entry.bytes
    }

    private static func whole(_ log: ContainerLog, _ state: FollowState) -> Reply {
        var bytes = log.entries[min(state.next, log.entries.count)...].flatMap { line($0, state) }
        if let limit = state.bytesLeft { bytes = Array(bytes.prefix(limit)) }
        return Reply(200, headers: ["Content-Type": "text/plain"], body: bytes)
    }

    mutating func open(_ id: Int, _ state: FollowState) {
        exchanges[id]?.mode = .follow(state)
        cluster.pods[state.uid]?.followers.insert(id)
        sendHead(id, HTTPResponseHead(status: 200, headers: ["Content-Type": "text/plain"]))
        sendLog(id)
    }

    /// Sends a follower what it has not seen.
    private mutating func sendLog(_ id: Int) {
        while var exchange = exchanges[id], case .follow(var state) = exchange.mode,
            let log = cluster.pods[state.uid]?.containers.first(where: { $0.name == state.container })?.log,
            state.next < log.entries.count
        {
            var bytes = Self.line(log.entries[state.next], state)
            state.next += 1
            if let left = state.bytesLeft {
                bytes = Array(bytes.prefix(left))
                state.bytesLeft = left - bytes.count
            }
            exchange.mode = .follow(state)
            exchanges[id] = exchange
            send(id, bytes)
            if state.bytesLeft == 0 { end(id) }
        }
    }

    mutating func write(_ bytes: [UInt8], _ name: String?, _ uid: String) {
        let time = wallTime + cluster.skew(cluster.pods[uid]?.node)
        // No copy of the pod may live here: appending would copy the whole log.
        for index in cluster.pods[uid]?.positions(name) ?? [] {
            cluster.pods[uid]?.containers[index].log.append(bytes, at: time)
        }
        for id in cluster.pods[uid]?.followers.sorted() ?? [] { sendLog(id) }
    }

    /// A followed log ends a moment after its container.
    mutating func closeFollowers(_ uid: String, _ container: String) {
        guard let pod = cluster.pods[uid] else { return }
        for id in pod.followers {
            guard case .follow(let state)? = exchanges[id]?.mode, state.container == container else { continue }
            add(.followEnd(exchange: id), after: settings.followLinger)
        }
    }
}
