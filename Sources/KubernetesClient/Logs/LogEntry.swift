/// One line of a container's log.
package struct LogEntry: Sendable, Hashable {
    /// As the container runtime wrote it, to the nanosecond.
    package var stamp: LogStamp
    /// The line as it is, without its end; not always UTF-8.
    package var bytes: [UInt8]
    /// The line was longer than the limit: the next entry goes on with it.
    package var isCut: Bool

    package init(stamp: LogStamp, bytes: [UInt8], isCut: Bool = false) {
        self.stamp = stamp
        self.bytes = bytes
        self.isCut = isCut
    }

    /// The line as text; bytes that are not UTF-8 become U+FFFD.
    package var text: String { String(decoding: bytes, as: UTF8.self) }
}
