package import PipelineCore

/// An instant in nanoseconds, the precision of stamps in container logs.
package struct LogStamp: Sendable, Hashable, Comparable {
    /// Since 1970-01-01T00:00:00Z.
    package var seconds: Int64
    package var nanoseconds: Int32

    package init(seconds: Int64, nanoseconds: Int32 = 0) {
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }

    /// Reads RFC 3339 with up to nine digits of a second: `2026-11-23T16:57:28.334113042Z`.
    package init?(_ text: Substring) {
        let whole = text.prefix { $0 != "." }
        let rest = text[whole.endIndex...]
        let digits = rest.dropFirst().prefix { $0.isASCII && $0.isNumber }
        let zone = rest.isEmpty ? "" : rest[digits.endIndex...]
        guard digits.count <= 9, rest.isEmpty || !digits.isEmpty, let second = Timestamp(iso8601: whole + zone) else {
            return nil
        }
        seconds = second.microseconds / 1_000_000
        nanoseconds = (Int32(digits + String(repeating: "0", count: 9 - digits.count)) ?? 0)
    }

    package static func < (left: LogStamp, right: LogStamp) -> Bool {
        (left.seconds, left.nanoseconds) < (right.seconds, right.nanoseconds)
    }

    /// The form that `sinceTime` takes, which knows whole seconds only.
    package var wholeSecond: String { Timestamp(microseconds: seconds * 1_000_000).apiFormat }

    package var timestamp: Timestamp { Timestamp(microseconds: seconds * 1_000_000 + Int64(nanoseconds) / 1_000) }
}
