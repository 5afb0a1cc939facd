/// Why bytes are no time zone.
package struct ZoneError: Error, Hashable, CustomStringConvertible {
    package var name: String
    package var message: String

    package init(name: String, message: String) {
        self.name = name
        self.message = message
    }

    package var description: String { "time zone '\(name)': \(message)" }
}

extension ZoneRules {
    /// Reads the 64-bit block and the footer of a TZif file of version 2 or later.
    /// - Throws: ``ZoneError`` for truncated or foreign bytes.
    package init(name: String, tzif bytes: [UInt8]) throws(ZoneError) {
        var reader = TZifReader(bytes: bytes)
        guard let header = reader.header(), header.version >= UInt8(ascii: "2") else {
            throw ZoneError(name: name, message: "no TZif file of version 2 or later")
        }
        reader.skip(header.bodySize(timeSize: 4))
        guard let wide = reader.header(), let body = reader.body(wide), let first = body.types.first else {
            throw ZoneError(name: name, message: "the TZif file is truncated")
        }
        self.init(
            name: name, transitions: body.times, offsets: body.indexes.map { body.types[$0] },
            first: body.types.first { !$0.isDaylightSaving } ?? first, rule: PosixZoneRule(reader.footer()))
    }
}

private struct TZifReader {
    struct Header {
        var version: UInt8
        var isUTCCount, isStandardCount, leapCount, timeCount, typeCount, characterCount: Int

        func bodySize(timeSize: Int) -> Int {
            timeCount * (timeSize + 1) + typeCount * 6 + characterCount + leapCount * (timeSize + 4)
                + isStandardCount + isUTCCount
        }
    }

    struct Body {
        var times: [Int64]
        var indexes: [Int]
        var types: [ZoneRules.Offset]
    }

    let bytes: [UInt8]
    var position = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    mutating func skip(_ count: Int) { position += count }

    mutating func header() -> Header? {
        guard position + 44 <= bytes.count, bytes[position..<position + 4].elementsEqual("TZif".utf8) else { return nil }
        let version = bytes[position + 4]
        position += 20
        let counts = (0..<6).map { _ in Int(integer(4)) }
        return Header(
            version: version, isUTCCount: counts[0], isStandardCount: counts[1], leapCount: counts[2],
            timeCount: counts[3], typeCount: counts[4], characterCount: counts[5])
    }

    mutating func body(_ header: Header) -> Body? {
        guard position + header.bodySize(timeSize: 8) <= bytes.count else { return nil }
        let times = (0..<header.timeCount).map { _ in integer(8) }
        let indexes = (0..<header.timeCount).map { _ in Int(integer(1)) }
        let raw = (0..<header.typeCount).map { _ in (Int(integer(4)), integer(1) != 0, Int(integer(1))) }
        let names = bytes[position..<position + header.characterCount]
        position += header.characterCount + header.leapCount * 12 + header.isStandardCount + header.isUTCCount
        let types = raw.map { seconds, isDaylightSaving, index in
            let name = names.dropFirst(index).prefix { $0 != 0 }
            return ZoneRules.Offset(
                seconds: seconds, isDaylightSaving: isDaylightSaving, abbreviation: String(decoding: name, as: UTF8.self))
        }
        guard indexes.allSatisfy(types.indices.contains) else { return nil }
        return Body(times: times, indexes: indexes, types: types)
    }

    func footer() -> String {
        guard position < bytes.count else { return "" }
        return String(decoding: bytes[(position + 1)...].prefix { $0 != 0x0A }, as: UTF8.self)
    }

    /// A signed big-endian integer.
    private mutating func integer(_ size: Int) -> Int64 {
        let raw = bytes[position..<position + size].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        position += size
        let shift = UInt64(64 - 8 * size)
        return size == 1 ? Int64(raw) : Int64(bitPattern: raw << shift) >> Int64(shift)
    }
}
