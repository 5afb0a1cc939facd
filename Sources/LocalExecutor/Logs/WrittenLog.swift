import PipelineCore

/// What an earlier process has left in the log of a try.
struct WrittenLog {
    let store: FileTaskLogStore
    let path: String

    /// Enough for two seconds of a program that writes a lot.
    private static let tailBytes = 4 << 20

    /// The newest lines of `logger`; `nil` where there are none.
    func lines(of logger: String) -> WrittenLines? { lines { $0["logger"]?.stringValue == logger } }

    /// The newest of the lines that are meant.
    func lines(where isMeant: (JSONValue) -> Bool) -> WrittenLines? {
        guard let size = store.size(path), size > 0 else { return nil }
        let start = max(0, size - Self.tailBytes)
        guard let bytes = try? store.read(path, offset: start, maximumBytes: size - start) else { return nil }
        let stamps = bytes.split(separator: 0x0A).compactMap { Self.stamp(of: $0, isMeant) }
        guard let newest = stamps.max() else { return nil }
        let second = newest.wholeSecond
        return WrittenLines(
            newest: newest, inNewestSecond: stamps.count { $0.wholeSecond == second },
            inSecondBefore: stamps.count { $0.wholeSecond == second - 1 })
    }

    private static func stamp(of line: ArraySlice<UInt8>, _ isMeant: (JSONValue) -> Bool) -> Timestamp? {
        guard let object = try? JSONValue.parse(utf8: Array(line)), isMeant(object) else { return nil }
        return object["timestamp"]?.stringValue.flatMap { Timestamp(iso8601: $0) }
    }
}

extension Timestamp {
    fileprivate var wholeSecond: Int64 { microseconds / 1_000_000 }
}
