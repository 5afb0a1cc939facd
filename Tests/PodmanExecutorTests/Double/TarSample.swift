/// Archives as `podman cp` prints them.
enum TarSample {
    static func archive(_ content: [UInt8], type: Character = "0") -> [UInt8] {
        entry(content, type: type) + [UInt8](repeating: 0, count: 1_024)
    }

    static func entry(_ content: [UInt8], type: Character) -> [UInt8] {
        var header = [UInt8](repeating: 0, count: 512)
        header.replaceSubrange(0..<11, with: Array("return.json".utf8))
        let octal = String(content.count, radix: 8)
        let size = String(repeating: "0", count: 11 - octal.count) + octal
        header.replaceSubrange(124..<135, with: Array(size.utf8))
        header[156] = type.asciiValue ?? 0
        let padding = (512 - content.count % 512) % 512
        return header + content + [UInt8](repeating: 0, count: padding)
    }
}
