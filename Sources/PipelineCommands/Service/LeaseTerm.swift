import Synchronization

/// How long a leader may act on its lease, by its own monotonic clock, which goes on while the process is stopped.
final class LeaseTerm: Sendable {
    typealias Instant = ContinuousClock.Instant

    private let length: Duration
    private let begun: Mutex<Instant>

    /// - Parameters:
    ///   - length: after the last renewal was asked for; shorter than what others wait for by what an end of local tasks takes.
    ///   - start: when the lease was asked for.
    init(_ length: Duration, from start: Instant) {
        self.length = length
        begun = Mutex(start)
    }

    /// The lease was renewed by a question that was asked at `instant`: it may have been granted as early as that.
    func renew(askedAt instant: Instant) { begun.withLock { $0 = max($0, instant) } }

    var end: Instant { begun.withLock { $0 } + length }

    func isOver(at instant: Instant) -> Bool { instant >= end }
}
