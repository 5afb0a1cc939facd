import ChildProcesses
import Glibc
import Synchronization

/// Our end of one of a runner's sockets, read without blocking: by the reactor when something comes, and once more by
/// whoever has to know that nothing is left.
final class RunnerStream: Sendable {
    private struct State {
        var isOpen = true
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    /// Bytes read at once, and how often before other descriptors get their turn.
    private static let chunkSize = 65_536
    private static let chunksPerTurn = 16

    private let descriptor: Int32
    private let receive: @Sendable (ArraySlice<UInt8>) -> Void
    private let finish: @Sendable () -> Void
    private let state = Mutex(State())

    /// Watches `descriptor`, which the reactor closes at its end. `finish` is called once, after the last bytes.
    init(
        _ descriptor: Int32, receive: @escaping @Sendable (ArraySlice<UInt8>) -> Void,
        finish: @escaping @Sendable () -> Void = {}
    ) {
        self.descriptor = descriptor
        self.receive = receive
        self.finish = finish
        ProcessReactor.shared.watch(descriptor) { [self] in read(chunks: Self.chunksPerTurn) }
    }

    /// Reads what is there now, however much.
    func drain() { _ = read(chunks: .max) }

    /// Waits for the end of the stream.
    func ended() async {
        await withCheckedContinuation { continuation in
            let isOpen = state.withLock { state in
                if state.isOpen { state.waiters.append(continuation) }
                return state.isOpen
            }
            if !isOpen { continuation.resume() }
        }
    }

    /// Ends the stream although somebody holds its other end.
    func cut() {
        state.withLock { if $0.isOpen { _ = shutdown(descriptor, Int32(SHUT_RDWR)) } }
    }

    /// Whether the stream is still open.
    private func read(chunks: Int) -> Bool {
        let waiters = state.withLock { state -> [CheckedContinuation<Void, Never>]? in
            guard state.isOpen else { return [] }
            guard !readOpen(chunks: chunks) else { return nil }
            state.isOpen = false
            finish()
            defer { state.waiters = [] }
            return state.waiters
        }
        guard let waiters else { return true }
        for waiter in waiters { waiter.resume() }
        return false
    }

    private func readOpen(chunks: Int) -> Bool {
        var bytes = [UInt8](repeating: 0, count: Self.chunkSize)
        var left = chunks
        while left > 0 {
            let count = recv(descriptor, &bytes, Self.chunkSize, Int32(MSG_DONTWAIT))
            if count > 0 {
                receive(bytes[..<count])
                left -= 1
            } else if count < 0, errno == EINTR {
                continue
            } else {
                return count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)
            }
        }
        return true
    }
}
