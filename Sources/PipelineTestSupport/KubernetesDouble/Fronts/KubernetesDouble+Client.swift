package import HTTPTransport
import Synchronization

extension KubernetesDouble {
    /// Where the in-memory client thinks the server is. Requests to any host are taken.
    package static let url = "https://kubernetes.double"

    /// A new client in memory. Its idle and total limits pass in simulated time. Each stands for a process of its own:
    /// ``crash(atCall:_:then:)`` kills the one whose call it is.
    package var client: any HTTPClient {
        InMemoryClient(
            double: self,
            id: state.withLock { state in
                state.nextClient += 1
                return state.nextClient
            })
    }
}

/// Calls the double without a socket.
private struct InMemoryClient: HTTPClient {
    let double: KubernetesDouble
    let id: Int

    func perform(
        _ request: HTTPRequest, receiver: any HTTPResponseReceiver
    ) async throws(HTTPTransportError) -> HTTPResponseHead {
        let sink = MemorySink(receiver: receiver, double: double, url: HTTPRequest.redacted(request.url))
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                guard sink.begin(continuation) else { return }
                let exchange = double.open(
                    request, client: id, idle: request.limits.idle, total: request.limits.total, sink: sink)
                sink.opened(exchange)
            }
        } onCancel: {
            sink.finish(.failure(HTTPTransportError(.cancelled, "the transfer was cancelled")))
        }
        return try result.get()
    }
}

/// Hands parts to a receiver and ends one `perform`.
private final class MemorySink: ExchangeSink {
    typealias Outcome = Result<HTTPResponseHead, HTTPTransportError>

    private struct State {
        var continuation: CheckedContinuation<Outcome, Never>?
        var head: HTTPResponseHead?
        var exchange: Int?
        var outcome: Outcome?
        /// The receiver is at work; the outcome waits for it.
        var isReceiving = false
    }

    private let state = Mutex(State())
    private let receiver: any HTTPResponseReceiver
    private let double: KubernetesDouble
    private let url: String

    init(receiver: any HTTPResponseReceiver, double: KubernetesDouble, url: String) {
        self.receiver = receiver
        self.double = double
        self.url = url
    }

    /// Whether there is anything to do: not after a cancellation.
    func begin(_ continuation: CheckedContinuation<Outcome, Never>) -> Bool {
        let outcome = state.withLock { state in
            if state.outcome == nil { state.continuation = continuation }
            return state.outcome
        }
        if let outcome { continuation.resume(returning: outcome) }
        return outcome == nil
    }

    func opened(_ exchange: Int) {
        let isOver = state.withLock { state in
            state.exchange = exchange
            return state.outcome != nil
        }
        if isOver { double.close(exchange) }
    }

    func receive(_ part: ExchangeOutput.Part) {
        switch part {
        case .head(let head):
            state.withLock { $0.head = head }
            hand { try receiver.receive(head: head) }
        case .bytes(let bytes): hand { try bytes.withUnsafeBytes { try receiver.receive(chunk: $0) } }
        case .end: finish(.success(state.withLock { $0.head } ?? HTTPResponseHead(status: 0)))
        case .failure(let code): finish(.failure(HTTPTransportError(code, "\(url): \(code)")))
        }
    }

    private func hand(_ work: () throws -> Void) {
        let isOver = state.withLock { state in
            if state.outcome == nil { state.isReceiving = true }
            return state.outcome != nil
        }
        guard !isOver else { return }
        var failure: (any Error)?
        do { try work() } catch { failure = error }
        state.withLock { $0.isReceiving = false }
        if let failure {
            let error = HTTPTransportError(.receiverFailed, "the response could not be taken", cause: failure)
            finish(.failure(failure as? HTTPTransportError ?? error))
        }
        resume()
    }

    /// The first outcome counts.
    func finish(_ outcome: Outcome) {
        let exchange = state.withLock { state -> Int? in
            guard state.outcome == nil else { return nil }
            state.outcome = outcome
            return state.exchange
        }
        if let exchange { double.close(exchange) }
        resume()
    }

    private func resume() {
        let waiting = state.withLock { state -> (CheckedContinuation<Outcome, Never>, Outcome)? in
            guard !state.isReceiving, let outcome = state.outcome, let continuation = state.continuation else {
                return nil
            }
            state.continuation = nil
            return (continuation, outcome)
        }
        if let (continuation, outcome) = waiting { continuation.resume(returning: outcome) }
    }
}
