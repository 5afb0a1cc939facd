/// One header block of a tar archive (POSIX.1-1988 ustar; also GNU's).
struct TarHeader {
    var path: String
    var size: Int
    var type: Character

    /// - Throws: ``StageError`` with `corruptData` when the block's check sum is wrong or its size is not a number.
    init(block: [UInt8], archive: String) throws(StageError) {
        guard let stored = Self.octal(block[148..<156]), stored == Self.checkSum(block) else {
            throw StageError(.corruptData, "\(archive): not a tar archive, or a damaged one (header check sum)")
        }
        guard let size = Self.octal(block[124..<136]) else {
            throw StageError(.corruptData, "\(archive): an entry without a size")
        }
        let isUstar = Array(block[257..<262]) == Array("ustar".utf8)
        // GNU's archives have "ustar  " and other things where POSIX has the prefix.
        let hasPrefix = isUstar && block[262] == 0
        let prefix = hasPrefix ? Self.text(block[345..<500]) : ""
        let name = Self.text(block[0..<100])
        path = prefix.isEmpty ? name : prefix + "/" + name
        self.size = size
        type = Character(Unicode.Scalar(block[156]))
    }

    /// The sum of all bytes, the check sum's own field taken as blanks.
    static func checkSum(_ block: [UInt8]) -> Int {
        block.enumerated().reduce(0) { $0 + ((148..<156).contains($1.offset) ? 32 : Int($1.element)) }
    }

    private static func text(_ bytes: ArraySlice<UInt8>) -> String {
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }

    private static func octal(_ bytes: ArraySlice<UInt8>) -> Int? {
        let digits = bytes.drop { $0 == 32 }.prefix { $0 != 0 && $0 != 32 }
        return Int(String(decoding: digits, as: UTF8.self), radix: 8).flatMap { $0 >= 0 ? $0 : nil }
    }
}

/// The extended header of POSIX.1-2001: records of `LENGTH KEY=VALUE\n`.
enum PaxHeader {
    static func path(in bytes: [UInt8]) -> String? {
        var rest = bytes[...]
        while let blank = rest.firstIndex(of: 32),
            let length = Int(String(decoding: rest[..<blank], as: UTF8.self)),
            length > blank - rest.startIndex + 1, length <= rest.count
        {
            let record = rest[(blank + 1)..<(rest.startIndex + length - 1)]
            let text = String(decoding: record, as: UTF8.self)
            if text.hasPrefix("path=") { return String(text.dropFirst(5)) }
            rest = rest.dropFirst(length)
        }
        return nil
    }
}
