import HTTPTransport
import Synchronization

/// Turns an answer of the log endpoint into new entries. Called on the client's thread; keeps no line once it is delivered.
final class LogReceiver: HTTPResponseReceiver {
    private static let errorBodyLimit = 16 << 10

    private struct State {
        var tail: LogTail
        var parser = LogParser()
        var isSuccess = false
        var takesContinuation = true
        var body: [UInt8] = []
    }

    private let state: Mutex<State>
    private let deliver: @Sendable (LogEntry) throws -> Void
    private let onHead: @Sendable (HTTPResponseHead) -> Void

    init(
        tail: LogTail, onHead: @escaping @Sendable (HTTPResponseHead) -> Void,
        deliver: @escaping @Sendable (LogEntry) throws -> Void
    ) {
        var tail = tail
        tail.beginAnswer()
        state = Mutex(State(tail: tail))
        self.onHead = onHead
        self.deliver = deliver
    }

    func receive(head: HTTPResponseHead) {
        state.withLock { $0.isSuccess = head.status == 200 }
        if head.isSuccess { onHead(head) }
    }

    func receive(chunk: UnsafeRawBufferPointer) throws {
        try state.withLock { state in
            guard state.isSuccess else {
                state.body.append(contentsOf: chunk.prefix(max(0, Self.errorBodyLimit - state.body.count)))
                return
            }
            try state.parser.feed(chunk) { piece in
                if let entry = Self.new(piece, &state.tail, &state.takesContinuation) { try deliver(entry) }
            }
        }
    }

    /// Delivers a last line that has no end: only where nothing can come any more.
    func finish() throws {
        try state.withLock { state in
            try state.parser.finish { piece in
                if let entry = Self.new(piece, &state.tail, &state.takesContinuation) { try deliver(entry) }
            }
        }
    }

    var tail: LogTail { state.withLock { $0.tail } }
    var errorBody: [UInt8] { state.withLock { $0.body } }

    private static func new(_ piece: LogParser.Piece, _ tail: inout LogTail, _ takes: inout Bool) -> LogEntry? {
        switch piece {
        case .line(let entry):
            takes = tail.accept(entry.stamp)
            return takes ? entry : nil
        case .continuation(var entry):
            guard takes else { return nil }
            if entry.stamp.seconds == 0, let newest = tail.newest { entry.stamp = newest }
            return entry
        }
    }
}
