package import PipelineCore

/// How far a log was delivered, and what of the next answer is new.
///
/// `sinceTime` knows whole seconds, so a new answer repeats lines. But the lines of a log stand in one order for ever:
/// the tail asks from the second before the newest stamp's, counts the lines that it delivered from there on, and
/// passes over so many. Equal stamps are no problem then, nor those out of order by less than a second (two streams in
/// one log). A line that is newer than all that were delivered is never passed over: where a rotation took the first
/// lines away, the count would reach too far. Once a clock was set back, stamps order nothing: then all of the log is asked
/// for, and all that was delivered is passed over.
package struct LogTail: Sendable, Hashable {
    /// The newest stamp that was delivered.
    package private(set) var newest: LogStamp?
    /// Lines that were delivered with a stamp in the second of `newest`.
    private(set) var deliveredInSecond = 0
    /// Lines that were delivered with a stamp in the second before it.
    private(set) var deliveredBefore = 0
    /// Bytes that were delivered of the last line, where its end has not come yet.
    private(set) var openBytes = 0

    /// Lines that were delivered in all; `nil`: an earlier process has delivered some.
    private var delivered: Int? = 0
    /// The node's clock was set back, so that `sinceTime` would hide what comes: all of the log is asked for.
    private(set) var isSetBack = false
    /// The last line that was delivered, as far as it tells it from others.
    private var last: Mark?

    private struct Mark: Hashable {
        var stamp: LogStamp
        var bytes: Int

        init(_ entry: LogEntry) { (stamp, bytes) = (entry.stamp, entry.bytes.count) }
    }

    private var hasSeenLast = false
    private var toSkip = 0
    private var toDrop = 0
    private var isSkippingLine = false

    package init() {}

    init(newest: LogStamp, deliveredInSecond: Int, deliveredBefore: Int, openBytes: Int) {
        self.newest = newest
        self.deliveredInSecond = deliveredInSecond
        self.deliveredBefore = deliveredBefore
        self.openBytes = openBytes
        delivered = nil
    }

    /// What the next request asks for; `nil`: all.
    package var sinceTime: String? {
        isSetBack ? nil : newest.map { LogStamp(seconds: $0.seconds - 1).wholeSecond }
    }

    /// Whether nothing was delivered between the two.
    func isSamePlace(as other: LogTail) -> Bool {
        newest == other.newest && deliveredInSecond == other.deliveredInSecond
            && deliveredBefore == other.deliveredBefore && openBytes == other.openBytes && delivered == other.delivered
    }

    /// A new answer begins.
    package mutating func beginAnswer() {
        toSkip = isSetBack ? delivered ?? 0 : deliveredBefore + deliveredInSecond
        (toDrop, isSkippingLine, hasSeenLast) = (0, false, false)
    }

    /// What of the next whole line of an answer is new. Lines from before ``sinceTime`` may be among those that it begins
    /// with; an older stamp among new lines is that of a clock that was set back.
    package mutating func accept(line entry: LogEntry) -> LogEntry? {
        if toSkip > 0, let newest, entry.stamp.seconds < newest.seconds - 1 { return nil }
        return accept(.line(entry))
    }

    /// What of the next piece of the answer is new.
    mutating func accept(_ piece: LogParser.Piece) -> LogEntry? {
        switch piece {
        case .line(let entry): return acceptFirstPiece(entry)
        case .continuation(let entry): return isSkippingLine ? nil : deliver(entry)
        case .bare(var entry):
            // No place in the order of stamps: at most it comes once more.
            if let newest { entry.stamp = newest }
            return entry
        }
    }

    private mutating func acceptFirstPiece(_ entry: LogEntry) -> LogEntry? {
        if passesOver(entry) {
            toSkip -= 1
            // The last of them may have been cut inside; the rest of it is new.
            isSkippingLine = toSkip > 0 || openBytes == 0
            toDrop = openBytes
            return isSkippingLine ? nil : deliver(entry)
        }
        (toSkip, toDrop, openBytes, isSkippingLine) = (0, 0, 0, false)
        note(entry.stamp)
        last = Mark(entry)
        return deliver(entry)
    }

    private mutating func passesOver(_ entry: LogEntry) -> Bool {
        guard toSkip > 0, let newest else { return false }
        guard isSetBack else { return entry.stamp <= newest }
        let isLast = last == Mark(entry)
        // Behind the last one that was delivered all is new: the first lines were rotated away, and the count goes too far.
        guard isLast || !hasSeenLast else { return false }
        hasSeenLast = isLast
        return true
    }

    private mutating func deliver(_ entry: LogEntry) -> LogEntry? {
        let dropped = min(toDrop, entry.bytes.count)
        toDrop -= dropped
        openBytes = entry.isCut ? openBytes + entry.bytes.count - dropped : 0
        guard dropped > 0 else { return entry }
        let rest = Array(entry.bytes[dropped...])
        return rest.isEmpty ? nil : LogEntry(stamp: entry.stamp, bytes: rest, isCut: entry.isCut)
    }

    private mutating func note(_ stamp: LogStamp) {
        delivered = delivered.map { $0 + 1 }
        let second = newest?.seconds ?? .min
        if stamp.seconds > second {
            deliveredBefore = stamp.seconds - 1 == second ? deliveredInSecond : 0
            deliveredInSecond = 1
        } else if stamp.seconds == second {
            deliveredInSecond += 1
        } else if stamp.seconds == second - 1 {
            deliveredBefore += 1
        } else {
            isSetBack = delivered != nil
        }
        newest = max(newest ?? stamp, stamp)
    }
}

extension LogTail {
    /// Goes on behind lines that an earlier process has written down.
    /// - Parameters:
    ///   - newest: the newest stamp, to the microsecond.
    ///   - inSecond: lines of its second, `before`: of the second before that.
    package init(newest: Timestamp, inSecond: Int, before: Int) {
        // Stamps are finer than what was written down: all of the microsecond were delivered.
        let (seconds, microseconds) = newest.microseconds.quotientAndRemainder(dividingBy: 1_000_000)
        self.newest = LogStamp(seconds: seconds, nanoseconds: Int32(microseconds) * 1_000 + 999)
        deliveredInSecond = inSecond
        deliveredBefore = before
        delivered = nil
    }
}
