/// How far a log was delivered, and what of the next answer is new.
///
/// `sinceTime` knows whole seconds, so a new answer begins with the first line of the second of the newest stamp, and the
/// lines of a log stand in one order for ever. So the tail counts the lines that it delivered with a stamp in that second
/// or later, and passes over so many. Equal stamps, and those out of order (two streams in one log), are no problem then.
/// A line that is newer than all that were delivered is never passed over: where a rotation took the first lines away,
/// the count would reach too far.
package struct LogTail: Sendable, Hashable {
    /// The newest stamp that was delivered.
    package private(set) var newest: LogStamp?
    /// Lines that were delivered with a stamp in the second of `newest`, or later.
    private var deliveredSinceSecond = 0
    private var toSkip = 0

    package init() {}

    /// What the next request asks for; `nil`: all.
    package var sinceTime: String? { newest?.wholeSecond }

    /// A new answer begins.
    mutating func beginAnswer() { toSkip = newest == nil ? 0 : deliveredSinceSecond }

    /// Whether the next line of the answer is new.
    mutating func accept(_ stamp: LogStamp) -> Bool {
        if toSkip > 0, let newest, stamp <= newest {
            toSkip -= 1
            return false
        }
        toSkip = 0
        note(stamp)
        return true
    }

    private mutating func note(_ stamp: LogStamp) {
        guard let old = newest, stamp.seconds <= old.seconds else {
            (newest, deliveredSinceSecond) = (stamp, 1)
            return
        }
        if stamp.seconds == old.seconds { deliveredSinceSecond += 1 }
        newest = max(old, stamp)
    }
}
