import HTTPTransport
import Synchronization

/// Cuts the answer of a watch into lines for who reads them elsewhere. Bytes of an error's answer are kept.
final class WatchReceiver: StreamReceiver {
    /// No object is larger than what the API takes.
    private static let lineLimit = 16 << 20
    /// Bytes of lines that wait for their reader; beyond it the reader is too slow, and a new list is better.
    private static let pendingLimit = 64 << 20
    private static let errorBodyLimit = 64 << 10

    private struct State {
        var splitter = LineSplitter(limit: lineLimit)
        var pending = 0
        var isSuccess = false
        var body: [UInt8] = []
    }

    let lines: AsyncStream<[UInt8]>
    private let output: AsyncStream<[UInt8]>.Continuation
    private let state = Mutex(State())
    private let onHead: @Sendable (HTTPResponseHead) -> Void

    let request: KubernetesRequest

    init(_ request: KubernetesRequest, onHead: @escaping @Sendable (HTTPResponseHead) -> Void) {
        self.request = request
        self.onHead = onHead
        (lines, output) = AsyncStream.makeStream()
    }

    func receive(head: HTTPResponseHead) {
        state.withLock { state in
            state.isSuccess = head.isSuccess
            state.body = []
        }
        if head.isSuccess { onHead(head) }
    }

    func receive(chunk: UnsafeRawBufferPointer) throws {
        try state.withLock { state in
            guard state.isSuccess else {
                state.body.append(contentsOf: chunk.prefix(max(0, Self.errorBodyLimit - state.body.count)))
                return
            }
            try state.splitter.feed(chunk) { line in
                guard !line.isEmpty else { return }
                state.pending += line.count
                output.yield(line)
            }
            guard state.pending <= Self.pendingLimit else {
                throw HTTPTransportError(.connectionFailed, "more than \(Self.pendingLimit) bytes of events wait")
            }
        }
    }

    /// The reader is done with a line.
    func took(_ line: [UInt8]) { state.withLock { $0.pending -= line.count } }

    func finish() { output.finish() }

    var errorBody: [UInt8] { state.withLock { $0.body } }
}
