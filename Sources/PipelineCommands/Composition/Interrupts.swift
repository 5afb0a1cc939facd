import Glibc
import Synchronization

/// SIGINT, SIGTERM and SIGHUP (the terminal is gone) as calls: the first asks for a clean end, the second ends the program
/// at once. Under `nohup` SIGHUP stays ignored.
enum Interrupts {
    /// Signal handlers may only write to a pipe; a thread reads from it and does the rest.
    private static let pipe: (read: Int32, write: Int32) = {
        var ends: [Int32] = [-1, -1]
        precondition(Glibc.pipe(&ends) == 0, "no pipe for signals")
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return (ends[0], ends[1])
    }()

    private struct Handlers {
        let first: @Sendable (Int32) -> Void
        let second: @Sendable (Int32) -> Void
    }

    private static let handlers = Mutex<Handlers?>(nil)

    static func listen(first: @escaping @Sendable (Int32) -> Void, second: @escaping @Sendable (Int32) -> Void) {
        let isNew = handlers.withLock { current in
            defer { current = Handlers(first: first, second: second) }
            return current == nil
        }
        guard isNew else { return }
        startThread(reading: pipe.read)
        for number in [SIGINT, SIGTERM] + (isIgnored(SIGHUP) ? [] : [SIGHUP]) {
            signal(number) { number in
                var byte = UInt8(truncatingIfNeeded: number)
                _ = write(Interrupts.pipe.write, &byte, 1)
            }
        }
    }

    private static func isIgnored(_ number: Int32) -> Bool {
        var action = sigaction()
        guard sigaction(number, nil, &action) == 0 else { return false }
        return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
    }

    private static func startThread(reading descriptor: Int32) {
        var thread = pthread_t()
        let status = pthread_create(&thread, nil, { _ in
            Interrupts.loop()
            return nil
        }, nil)
        precondition(status == 0, "no thread for signals")
        pthread_detach(thread)
    }

    private static func loop() {
        var byte: UInt8 = 0
        var count = 0
        while read(pipe.read, &byte, 1) == 1 {
            guard let handlers = handlers.withLock({ $0 }) else { continue }
            count += 1
            count == 1 ? handlers.first(Int32(byte)) : handlers.second(Int32(byte))
        }
    }
}
