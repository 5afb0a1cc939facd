import Glibc  // links libm, which rounding needs

/// An instant in microseconds since 1970-01-01T00:00:00Z: the precision of Airflow's and PostgreSQL's timestamps.
package struct Timestamp: Sendable, Hashable, Comparable {
    package var microseconds: Int64

    package init(microseconds: Int64) { self.microseconds = microseconds }

    /// From Airflow's serialized form, seconds since the epoch as a float.
    package init(seconds: Double) { microseconds = Int64((seconds * 1_000_000).rounded()) }

    package var seconds: Double { Double(microseconds) / 1_000_000 }

    package static func < (left: Timestamp, right: Timestamp) -> Bool { left.microseconds < right.microseconds }

    package static func + (left: Timestamp, right: Duration) -> Timestamp {
        Timestamp(microseconds: left.microseconds + right.microseconds)
    }

    package static func - (left: Timestamp, right: Duration) -> Timestamp {
        Timestamp(microseconds: left.microseconds - right.microseconds)
    }

    package static func - (left: Timestamp, right: Timestamp) -> Duration {
        .microseconds(left.microseconds - right.microseconds)
    }
}

extension Duration {
    /// Whole microseconds, rounded towards zero.
    package var microseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1_000_000 + attoseconds / 1_000_000_000_000
    }

    /// Seconds as a float, Airflow's serialized form of a `timedelta`.
    package var inSeconds: Double { Double(microseconds) / 1_000_000 }

    /// Ten thousand years: longer than anybody waits, and far from where sums with an instant end.
    private static let longestSeconds = 315_569_520_000.0

    /// Rounded to microseconds; what is longer than ten thousand years (`timedelta.max`) is that, and what is no number nothing.
    package init(fractionalSeconds: Double) {
        let seconds = fractionalSeconds.isNaN ? 0 : min(max(fractionalSeconds, -Self.longestSeconds), Self.longestSeconds)
        self = .microseconds(Int64((seconds * 1_000_000).rounded()))
    }
}
