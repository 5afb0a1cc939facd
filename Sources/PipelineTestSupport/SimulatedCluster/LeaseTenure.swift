/// How long a leader may act without asking anybody: its lease, as its own monotonic clock tells it (decision 0009).
///
/// It is what `Leadership` holds to: how long a lease lasts, how often it is renewed, and when a leader stops.
///
/// Instants are durations since any moment that the caller keeps to; they are of a clock that nobody sets.
struct LeaseTenure: Sendable, Hashable {
    /// A lease that has not been renewed for so long is over.
    static let lasting = Duration.seconds(6)
    /// How often it is renewed.
    static let renewal = Duration.seconds(2)
    /// A leader that cannot renew stops so long before the next one may begin.
    static let margin = Duration.seconds(1)
    /// How long after a takeover the processes of the one before may still be about to be ended: it has noticed by then,
    /// whatever the clock of the database does. Their grace time comes on top.
    static let fencing = lasting - margin

    /// When the leader has to stop, unless it has renewed before.
    private(set) var end: Duration

    /// - Parameter instant: when the lease was asked for; the answer may have taken long.
    init(askedAt instant: Duration, margin: Duration = LeaseTenure.margin) {
        end = instant + Self.lasting - margin
    }

    /// The lease was renewed by a question that was asked at `instant`.
    mutating func renew(askedAt instant: Duration, margin: Duration = LeaseTenure.margin) {
        end = max(end, instant + Self.lasting - margin)
    }

    /// Whether what has been decided may still be carried out.
    func isInForce(at instant: Duration) -> Bool { instant < end }
}
