import HTTPTransport
import Synchronization

/// A receiver that tells a waiting test when text has come in.
final class StreamProbe: HTTPResponseReceiver {
    private struct State {
        var bytes: [UInt8] = []
        var waiting: (count: Int, continuation: CheckedContinuation<Void, Never>)?
    }

    private let state = Mutex(State())

    var text: String { state.withLock { String(decoding: $0.bytes, as: UTF8.self) } }

    func receive(head: HTTPResponseHead) {}

    func receive(chunk: UnsafeRawBufferPointer) {
        let due = state.withLock { state -> CheckedContinuation<Void, Never>? in
            state.bytes.append(contentsOf: chunk)
            guard let waiting = state.waiting, state.bytes.count >= waiting.count else { return nil }
            state.waiting = nil
            return waiting.continuation
        }
        due?.resume()
    }

    /// Returns when so many bytes are there.
    func wait(forBytes count: Int) async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                if state.bytes.count >= count { return true }
                state.waiting = (count, continuation)
                return false
            }
            if isThere { continuation.resume() }
        }
    }
}
