/// A JSON text of which one level is looked at when it is asked for: for large documents that are passed on whole or read
/// part by part, so that a tree of all of it is never in memory. Parts share the bytes of the whole.
package struct JSONText: Sendable {
    package typealias Member = (key: String, value: JSONText)

    private let bytes: [UInt8]
    private let range: Range<Int>

    /// The bytes are looked at only as far as is asked.
    package init(utf8 bytes: [UInt8]) {
        self.bytes = bytes
        range = bytes.indices
    }

    package init(_ value: JSONValue) { self.init(utf8: value.serializedUTF8()) }

    private init(_ bytes: [UInt8], _ range: Range<Int>) {
        self.bytes = bytes
        self.range = range
    }

    /// As it was written.
    package var utf8: ArraySlice<UInt8> { bytes[range] }

    /// - Parameter strings: shares the text's strings with those of other texts.
    package func value(sharing strings: JSONStrings? = nil) throws(JSONParseError) -> JSONValue {
        var parser = JSONParser(bytes: bytes, range: range, strings: strings)
        return try parser.document()
    }

    /// The value where its text has at most so many bytes.
    package func value(ifShort maximum: Int) throws(JSONParseError) -> JSONValue? {
        range.count <= maximum ? try value() : nil
    }

    /// The members of an object in their order; `nil` where it is something else.
    package func members() throws(JSONParseError) -> [Member]? {
        var parser = JSONParser(bytes: bytes, range: range)
        guard parser.skip(UInt8(ascii: "{")) else { return nil }
        var members: [Member] = []
        if parser.skip(UInt8(ascii: "}")) { return members }
        repeat {
            let key = try parser.memberName()
            members.append((key, JSONText(bytes, try parser.skipValue())))
        } while parser.skip(UInt8(ascii: ","))
        guard parser.skip(UInt8(ascii: "}")) else { throw parser.failure("expected ',' or '}'") }
        return members
    }

    /// The elements of an array; `nil` where it is something else.
    package func elements() throws(JSONParseError) -> [JSONText]? {
        var parser = JSONParser(bytes: bytes, range: range)
        guard parser.skip(UInt8(ascii: "[")) else { return nil }
        var elements: [JSONText] = []
        if parser.skip(UInt8(ascii: "]")) { return elements }
        repeat { elements.append(JSONText(bytes, try parser.skipValue())) } while parser.skip(UInt8(ascii: ","))
        guard parser.skip(UInt8(ascii: "]")) else { throw parser.failure("expected ',' or ']'") }
        return elements
    }

    /// The member `key` of an object.
    package func member(_ key: String) throws(JSONParseError) -> JSONText? {
        try members()?.last { $0.key == key }?.value
    }

    /// The object with some members replaced, where they are there, or added at the end.
    package func setting(_ changes: KeyValuePairs<String, JSONText>) throws(JSONParseError) -> JSONText {
        guard var members = try members() else {
            throw JSONParser(bytes: bytes, range: range).failure("expected an object")
        }
        for (key, value) in changes {
            if let position = members.firstIndex(where: { $0.key == key }) {
                members[position].value = value
            } else {
                members.append((key, value))
            }
        }
        return JSONText(members: members)
    }

    package init(members: [Member]) {
        var writer = JSONWriter(style: .compact, sortedKeys: false)
        writer.bytes.reserveCapacity(members.reduce(2) { $0 + $1.key.utf8.count + $1.value.range.count + 4 })
        writer.bytes.append(UInt8(ascii: "{"))
        for (index, member) in members.enumerated() {
            if index > 0 { writer.bytes.append(UInt8(ascii: ",")) }
            writer.write(.string(member.key), level: 0)
            writer.bytes.append(UInt8(ascii: ":"))
            writer.bytes.append(contentsOf: member.value.utf8)
        }
        writer.bytes.append(UInt8(ascii: "}"))
        self.init(utf8: writer.bytes)
    }

    package init(elements: [JSONText]) {
        var bytes: [UInt8] = [UInt8(ascii: "[")]
        for (index, element) in elements.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            bytes.append(contentsOf: element.utf8)
        }
        bytes.append(UInt8(ascii: "]"))
        self.init(utf8: bytes)
    }
}

extension JSONText {
    /// Texts up to this many bytes are read whole when they are sorted.
    private static let smallText = 16 * 1024

    /// Gives the text with the members of all objects in the order of their names, piece by piece: the bytes of
    /// `value().serializedUTF8(sortedKeys: true)`.
    /// - Parameter omitted: members of the outermost object that are left out.
    package func writeSorted(
        omitting omitted: Set<String> = [], to emit: (ArraySlice<UInt8>) -> Void
    ) throws(JSONParseError) {
        if range.count <= Self.smallText, omitted.isEmpty {
            emit(try value().serializedUTF8(sortedKeys: true)[...])
        } else if let members = try members() {
            try Self.write(members.filter { !omitted.contains($0.key) }, to: emit)
        } else if let elements = try elements() {
            try Self.write(elements, to: emit)
        } else {
            emit(try value().serializedUTF8()[...])
        }
    }

    private static func write(_ members: [Member], to emit: (ArraySlice<UInt8>) -> Void) throws(JSONParseError) {
        emit([UInt8(ascii: "{")])
        for (index, member) in members.sorted(by: { $0.key < $1.key }).enumerated() {
            if index > 0 { emit([UInt8(ascii: ",")]) }
            emit((JSONValue.string(member.key).serializedUTF8() + [UInt8(ascii: ":")])[...])
            try member.value.writeSorted(to: emit)
        }
        emit([UInt8(ascii: "}")])
    }

    private static func write(_ elements: [JSONText], to emit: (ArraySlice<UInt8>) -> Void) throws(JSONParseError) {
        emit([UInt8(ascii: "[")])
        for (index, element) in elements.enumerated() {
            if index > 0 { emit([UInt8(ascii: ",")]) }
            try element.writeSorted(to: emit)
        }
        emit([UInt8(ascii: "]")])
    }
}

extension JSONText: Hashable {
    package static func == (left: JSONText, right: JSONText) -> Bool { left.utf8 == right.utf8 }

    package func hash(into hasher: inout Hasher) { hasher.combine(utf8) }
}

extension JSONParser {
    mutating func memberName() throws(JSONParseError) -> String {
        skipWhitespace()
        guard position < end, bytes[position] == UInt8(ascii: "\"") else {
            throw failure("expected a member name in double quotes")
        }
        let key = try string()
        guard skip(UInt8(ascii: ":")) else { throw failure("expected ':' after the member name") }
        return key
    }

    /// Passes over a value and says where it stands. Brackets are matched; the rest is checked when the value is read.
    mutating func skipValue() throws(JSONParseError) -> Range<Int> {
        skipWhitespace()
        let start = position
        var open: [UInt8] = []
        repeat {
            skipWhitespace()
            guard position < end else { throw failure("unexpected end of text") }
            switch bytes[position] {
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                guard open.count < JSONValue.maximumDepth else {
                    throw failure("nested deeper than \(JSONValue.maximumDepth)")
                }
                open.append(bytes[position] + 2)  // Both closing brackets stand two behind their opening ones.
                position += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                guard open.popLast() == bytes[position] else { throw failure("unexpected bracket") }
                position += 1
            case UInt8(ascii: "\""): try skipString()
            case UInt8(ascii: ","), UInt8(ascii: ":"):
                guard !open.isEmpty else { throw failure("expected a value") }
                position += 1
            default: skipScalar()
            }
        } while !open.isEmpty
        return start..<position
    }

    private mutating func skipString() throws(JSONParseError) {
        position += 1
        while position < end, bytes[position] != UInt8(ascii: "\"") {
            position += bytes[position] == UInt8(ascii: "\\") ? 2 : 1
        }
        guard position < end else { throw failure("string without an end") }
        position += 1
    }

    private mutating func skipScalar() {
        repeat { position += 1 } while position < end && !Self.endsScalar(bytes[position])
    }

    private static func endsScalar(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: ","), UInt8(ascii: ":"), UInt8(ascii: "]"), UInt8(ascii: "}"), UInt8(ascii: "["),
            UInt8(ascii: "{"), UInt8(ascii: "\""), 0x20, 0x09, 0x0A, 0x0D:
            true
        default: false
        }
    }
}
