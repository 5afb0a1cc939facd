import HTTPTransport
import Synchronization

/// Turns an answer of the log endpoint into new entries. Called on the client's thread; keeps no line once it is
/// delivered.
final class LogReceiver: StreamReceiver {
    private static let errorBodyLimit = 16 << 10

    private struct State {
        var tail: LogTail
        var parser = LogParser()
        var isSuccess = false
        var body: [UInt8] = []
        var nodeTime = NodeTime()
        var lastChunk: Duration
    }

    private let state: Mutex<State>
    private let deliver: @Sendable (LogEntry) throws -> Void
    private let client: KubernetesAPI
    let request: KubernetesRequest

    init(
        tail: LogTail, client: KubernetesAPI, request: KubernetesRequest,
        deliver: @escaping @Sendable (LogEntry) throws -> Void
    ) {
        var tail = tail
        tail.beginAnswer()
        state = Mutex(State(tail: tail, lastChunk: client.uptime.elapsed))
        self.client = client
        self.request = request
        self.deliver = deliver
    }

    func receive(head: HTTPResponseHead) {
        state.withLock { state in
            state.isSuccess = head.status == 200
            state.body = []
        }
        if head.isSuccess { client.report(head, of: request) }
    }

    func receive(chunk: UnsafeRawBufferPointer) throws {
        try state.withLock { state in
            guard state.isSuccess else {
                state.body.append(contentsOf: chunk.prefix(max(0, Self.errorBodyLimit - state.body.count)))
                return
            }
            let now = client.uptime.elapsed
            state.lastChunk = now
            try state.parser.feed(chunk) { piece in
                if case .line(let entry) = piece { state.nodeTime.saw(entry.stamp.timestamp, at: now) }
                if let entry = state.tail.accept(piece) { try deliver(entry) }
            }
        }
    }

    /// What can be said of the answer now that it has ended.
    func answer(_ end: LogFollower.End) -> LogFollower.Answer {
        let now = client.uptime.elapsed
        return state.withLock { state in
            LogFollower.Answer(
                end: end, nodeTime: state.nodeTime, endedAt: now, quiet: now - state.lastChunk,
                isLineOpen: state.parser.isLineOpen)
        }
    }

    /// Delivers a last line that has no end: only where nothing can come any more.
    func finish() throws {
        try state.withLock { state in
            try state.parser.finish { piece in
                if let entry = state.tail.accept(piece) { try deliver(entry) }
            }
        }
    }

    var tail: LogTail { state.withLock { $0.tail } }
    var errorBody: [UInt8] { state.withLock { $0.body } }
}
