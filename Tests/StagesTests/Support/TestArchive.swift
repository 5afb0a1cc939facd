import CZlib

/// Builds archives, good ones and bad ones.
enum TestArchive {
    struct Member {
        var path: String
        var body: [UInt8] = []
        var type: Character = "0"
        var size: Int?
    }

    static func tar(_ members: [Member]) -> [UInt8] {
        members.flatMap { header($0) + padded($0.body) } + [UInt8](repeating: 0, count: 1_024)
    }

    /// Gzip with stored blocks.
    static func gzip(_ bytes: [UInt8]) -> [UInt8] {
        var out: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255]
        var rest = bytes[...]
        repeat {
            let block = rest.prefix(60_000)
            rest = rest.dropFirst(block.count)
            out.append(rest.isEmpty ? 1 : 0)
            out += little(UInt32(block.count) | ~UInt32(block.count) << 16)
            out += block
        } while !rest.isEmpty
        let sum = bytes.withUnsafeBufferPointer { crc32(0, $0.baseAddress, UInt32($0.count)) }
        return out + little(UInt32(sum)) + little(UInt32(bytes.count))
    }

    private static func little(_ value: UInt32) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }

    private static func padded(_ body: [UInt8]) -> [UInt8] {
        body + [UInt8](repeating: 0, count: (512 - body.count % 512) % 512)
    }

    private static func header(_ member: Member) -> [UInt8] {
        var block = [UInt8](repeating: 0, count: 512)
        func put(_ text: String, at offset: Int) {
            for (index, byte) in text.utf8.enumerated() { block[offset + index] = byte }
        }
        let octal = String(member.size ?? member.body.count, radix: 8)
        put(member.path, at: 0)
        put("0000644", at: 100)
        put(String(repeating: "0", count: 11 - octal.count) + octal, at: 124)
        put("        ", at: 148)
        put(String(member.type), at: 156)
        put("ustar\u{0}00", at: 257)
        let sum = String(block.reduce(0) { $0 + Int($1) }, radix: 8)
        put(String(repeating: "0", count: 6 - sum.count) + sum + "\u{0} ", at: 148)
        return block
    }
}
