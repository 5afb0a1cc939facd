import Glibc
import PipelineCore

/// Files below Tests/Fixtures.
enum Fixtures {
    static let root: String = {
        let parts = #filePath.split(separator: "/", omittingEmptySubsequences: false)
        return parts.dropLast(2).joined(separator: "/") + "/Fixtures"
    }()

    static func bytes(_ path: String) -> [UInt8] {
        guard let file = fopen("\(root)/\(path)", "rb") else { preconditionFailure("no fixture \(path)") }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while case let count = fread(&chunk, 1, chunk.count, file), count > 0 { bytes += chunk[..<count] }
        return bytes
    }

    static func json(_ path: String) throws -> JSONValue { try JSONValue.parse(utf8: bytes(path)) }

    /// One JSON document a line.
    static func jsonLines(_ path: String) throws -> [JSONValue] {
        try bytes(path).split(separator: UInt8(ascii: "\n")).map { try JSONValue.parse(utf8: Array($0)) }
    }
}

extension JSONValue {
    /// The first place at which two documents differ, numbers compared by value; `nil` when they are equal.
    func difference(from other: JSONValue, path: String = "") -> String? {
        switch (self, other) {
        case (.object(let left), .object(let right)):
            let keys = left.keys + right.keys.filter { left[$0] == nil }
            return keys.lazy.compactMap { key -> String? in
                guard let mine = left[key], let theirs = right[key] else {
                    let texts = [left[key], right[key]].map { $0?.serialized() ?? "absent" }
                    return "\(path).\(key): \(texts[0]), expected \(texts[1])"
                }
                return mine.difference(from: theirs, path: "\(path).\(key)")
            }.first
        case (.array(let left), .array(let right)) where left.count == right.count:
            return zip(left, right).enumerated().lazy.compactMap { index, pair in
                pair.0.difference(from: pair.1, path: "\(path)[\(index)]")
            }.first
        default:
            if let left = doubleValue, let right = other.doubleValue, left == right { return nil }
            return self == other ? nil : "\(path): \(serialized()), expected \(other.serialized())"
        }
    }
}
