import HTTPTransport
import PipelineCore

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
    /// The same for one that is read to its end.
    private static let wholeBuffer = 16 << 10
    /// A node that says nothing for so long in the midst of a whole answer says no more of it.
    private static let idleTime: Duration = .seconds(60)
    private static let longestDelay: Duration = .seconds(10)
    /// From the end of a follow to the news that its container has ended: the kubelet looks each second and tells a
    /// little later. One that was away meanwhile takes longer to come back.
    private static let newsTime: Duration = .seconds(3)
    private static let shortNewsTime: Duration = .milliseconds(500)
    /// The kubelet ends a follow a while after the last line; one that ends in the midst of lines was cut.
    private static let quietTime: Duration = .milliseconds(50)

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

    /// Follows until the container is over, and then reads what is left. Nothing is left where the follow ended by itself
    /// after the container did: no second answer is asked for then.
    /// - Parameters:
    ///   - tail: where to go on; what it says at the end is where a next process would go on.
    ///   - containerEnd: whether the container has ended. Asked before each answer, and after a follow; it waits for the
    ///     news no longer than it is told.
    ///   - deliver: called for each line in order, on the HTTP client's thread: it must be quick. An error ends all.
    /// - Throws: an error of `deliver` (`receiverFailed`), of cancellation, or one that no patience mends
    ///   (`forbidden`, `invalid`).
    package func run(
        tail: inout LogTail, containerEnd: @Sendable (_ within: Duration) async -> ContainerEnd?,
        deliver: @escaping @Sendable (LogEntry) throws -> Void
    ) async throws(KubernetesError) -> Completion {
        var delays = backoff()
        while true {
            let isOver = await containerEnd(.zero) != nil
            let before = tail
            let answer = try await read(follow: !isOver, tail: &tail, deliver: deliver)
            switch answer.end {
            case .gone: return .podGone
            case .ended where isOver: return .complete
            case .notStarted where isOver: return .neverStarted
            case .ended:
                if await isWhole(answer, containerEnd) { return .complete }
                if await containerEnd(.zero) != nil { continue }
            case .notStarted, .broken: break
            }
            if !tail.isSamePlace(as: before) { delays = backoff() }
            try await pause(after: answer.end, &delays)
        }
    }

    /// Whether a follow that has ended well brought all lines, since the container had ended before.
    private func isWhole(_ answer: Answer, _ containerEnd: (Duration) async -> ContainerEnd?) async -> Bool {
        let looksWhole = !answer.isLineOpen && answer.quiet >= Self.quietTime
        if await containerEnd(.zero) != nil { return looksWhole }
        let end = await containerEnd(looksWhole ? Self.newsTime : Self.shortNewsTime)
        guard looksWhole, let finishedAt = end?.finishedAt else { return false }
        return answer.nodeTime.isPast(finishedAt + .seconds(1), at: answer.endedAt)
    }

    /// How an answer ended, and what tells whether it was whole.
    struct Answer {
        var end: End
        var nodeTime = NodeTime()
        /// By ``KubernetesAPI/uptime``.
        var endedAt: Duration = .zero
        /// Since the last line, or the beginning.
        var quiet: Duration = .zero
        /// The last line has no end yet.
        var isLineOpen = false
    }

    /// One answer of the log endpoint.
    /// - Parameter follow: stay for lines to come. Without, a last line without its end is delivered too.
    package func answer(
        follow: Bool, tail: inout LogTail, deliver: @escaping @Sendable (LogEntry) throws -> Void
    ) async throws(KubernetesError) -> End {
        try await read(follow: follow, tail: &tail, deliver: deliver).end
    }

    /// What there is by now of the log of a container that runs: what the next answer begins with is its last line, where
    /// that has no end yet.
    /// - Throws: as ``run(tail:containerEnd:deliver:)``
    package func catchUp(
        tail: inout LogTail, deliver: @escaping @Sendable (LogEntry) throws -> Void
    ) async throws(KubernetesError) -> End {
        try await read(follow: false, isLast: false, tail: &tail, deliver: deliver).end
    }

    /// - Parameter isLast: nothing comes after it but what was written meanwhile.
    private func read(
        follow: Bool, isLast: Bool = true, tail: inout LogTail, deliver: @escaping @Sendable (LogEntry) throws -> Void
    ) async throws(KubernetesError) -> Answer {
        let receiver = LogReceiver(
            tail: tail, client: client, request: request(follow: follow, sinceTime: tail.sinceTime), deliver: deliver)
        defer { tail = receiver.tail }
        do throws(KubernetesError) {
            let status = try await client.stream(
                receiver, buffer: follow ? Self.receiveBuffer : Self.wholeBuffer, idle: follow ? nil : Self.idleTime)
            if status == 204 { return Answer(end: .notStarted("the pod has no node yet")) }
            if !follow, isLast { try finish(receiver) }
            return receiver.answer(.ended)
        } catch {
            return Answer(end: try Self.end(of: error))
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
        // A certificate that is being replaced, a plugin that fails: the log was within reach before.
        case .unavailable, .misconfigured, .unauthenticated: return .broken(error)
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
