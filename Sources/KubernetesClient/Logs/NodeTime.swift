import PipelineCore

/// How late it is on a node at least, told from what it has stamped: no line comes before it is written. Needs no two
/// clocks that agree.
struct NodeTime: Sendable {
    /// Microseconds from the beginning of our own count to 1970 by the node's clock, at least.
    private var offset: Int64?

    /// - Parameter elapsed: when the line came, by our own count.
    mutating func saw(_ stamp: Timestamp, at elapsed: Duration) {
        offset = max(offset ?? .min, stamp.microseconds - Self.microseconds(elapsed))
    }

    /// Whether it is later on the node than `time`, for certain; the time of day when nothing was stamped is not known.
    func isPast(_ time: Timestamp, at elapsed: Duration) -> Bool {
        guard let offset else { return false }
        return offset + Self.microseconds(elapsed) >= time.microseconds
    }

    private static func microseconds(_ duration: Duration) -> Int64 {
        let (seconds, attoseconds) = duration.components
        return seconds * 1_000_000 + attoseconds / 1_000_000_000_000
    }
}
