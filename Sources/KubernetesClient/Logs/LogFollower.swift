import HTTPTransport

/// Brings the whole log of one container, once: over cut connections, servers that restart, and ends of a follow that
/// are not the container's.
package struct LogFollower: Sendable {
    /// How one answer of the log endpoint ended.
    package enum End: Sendable {
        /// The answer was complete. For a follow this is often the container's end, but no proof of it.
        case ended
        /// The pod has no node, or its container has not started.
        case notStarted(String)
        /// There is no such pod any more.
        case gone
        /// It broke off, or the kubelet does not answer; what came was delivered.
        case broken(KubernetesError)
    }

    /// How a log ended for good.
    package enum Completion: Sendable, Hashable {
        /// All that the server has of it was delivered.
        case complete
        /// The pod went away before its last lines could be asked for.
        case podGone
        /// The container never started: there is no log.
        case neverStarted
    }

    /// Bytes that libcurl holds for one followed log; thousands are followed at once.
    private static let receiveBuffer = 1 << 10
    private static let longestDelay: Duration = .seconds(10)

    package let client: KubernetesAPI
    package let namespace: String
    package let pod: String
    package let container: String

    package init(client: KubernetesAPI, namespace: String, pod: String, container: String) {
        self.client = client
        self.namespace = namespace
        self.pod = pod
        self.container = container
    }

    /// Follows until the container is over, and then reads what is left.
    /// - Parameters:
    ///   - tail: where to go on; what it says at the end is where a next process would go on.
    ///   - isOver: whether the pod has ended. Asked before each answer; it may wait a little for news.
    ///   - deliver: called for each line in order, on the HTTP client's thread: it must be quick. An error ends all.
    /// - Throws: an error of `deliver` (`receiverFailed`), of cancellation, or one that no patience mends
    ///   (`forbidden`, `invalid`).
    package func run(
        tail: inout LogTail, isOver: @Sendable () async -> Bool, deliver: @escaping @Sendable (LogEntry) throws -> Void
    ) async throws(KubernetesError) -> Completion {
        var delays = backoff()
        while true {
            let over = await isOver()
            let before = tail
            let end = try await answer(follow: !over, tail: &tail, deliver: deliver)
            switch end {
            case .gone: return .podGone
            case .ended where over: return .complete
            case .notStarted where over: return .neverStarted
            case .ended, .notStarted, .broken: break
            }
            if !tail.isSamePlace(as: before) { delays = backoff() }
            try await pause(after: end, &delays)
        }
    }

    /// One answer of the log endpoint.
    /// - Parameter follow: stay for lines to come. Without, a last line without its end is delivered too.
    package func answer(
        follow: Bool, tail: inout LogTail, deliver: @escaping @Sendable (LogEntry) throws -> Void
    ) async throws(KubernetesError) -> End {
        let request = request(follow: follow, sinceTime: tail.sinceTime)
        let receiver = LogReceiver(tail: tail, onHead: { client.report($0, of: request) }, deliver: deliver)
        defer { tail = receiver.tail }
        do throws(KubernetesError) {
            let status = try await client.stream(request, receiver, buffer: Self.receiveBuffer)
            if status == 204 { return .notStarted("the pod has no node yet") }
            if !follow { try finish(receiver) }
            return .ended
        } catch {
            return try Self.end(of: error)
        }
    }

    func request(follow: Bool, sinceTime: String?) -> KubernetesRequest {
        var query = [QueryItem("container", container), QueryItem("timestamps", "true")]
        if follow { query.append(QueryItem("follow", "true")) }
        if let sinceTime { query.append(QueryItem("sinceTime", sinceTime)) }
        var request = KubernetesRequest(
            "get", .pods, namespace: namespace, name: pod, subresource: "log", query: query)
        request.accept = "*/*"
        return request
    }

    private func finish(_ receiver: LogReceiver) throws(KubernetesError) {
        do { try receiver.finish() } catch {
            throw KubernetesError(.receiverFailed, "the log cannot be kept: \(error)", cause: error)
        }
    }

    private static func end(of error: KubernetesError) throws(KubernetesError) -> End {
        switch error.kind {
        case .notFound: return .gone
        // There is no reason for it but in the text: container "x" in pod "y" is waiting to start: ContainerCreating
        case .invalid(let text, _) where text.contains("is waiting to start"): return .notStarted(text)
        case .unavailable: return .broken(error)
        default: throw error
        }
    }

    private func backoff() -> Backoff {
        Backoff(initial: .milliseconds(500), maximum: Self.longestDelay, retries: .max, seed: client.seeds.next())
    }

    private func pause(after end: End, _ delays: inout Backoff) async throws(KubernetesError) {
        var delay = delays.next() ?? Self.longestDelay
        if case .broken(let error) = end, case .unavailable(let asked?) = error.kind {
            delay = max(delay, min(asked, KubernetesAPI.retryAfterLimit))
        }
        do { try await client.clock.sleep(for: delay, tolerance: nil) } catch { throw .cancelled }
    }
}
