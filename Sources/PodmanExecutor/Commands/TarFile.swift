/// A tar archive with one file in it, as `podman cp` prints it. Source: POSIX.1-2001, pax, "ustar Interchange Format".
enum TarFile {
    private static let blockSize = 512
    private static let sizeField = 124..<136
    private static let typeField = 156

    /// The beginning of the first regular file; `nil` where there is none. Extended headers are passed over.
    /// - Parameters:
    ///   - archive: may be cut behind what is asked for.
    ///   - limit: bytes that are asked for.
    static func first(in archive: [UInt8], limit: Int) -> [UInt8]? {
        var offset = 0
        while offset + blockSize <= archive.count, archive[offset] != 0 {
            let header = archive[offset..<offset + blockSize]
            guard let size = size(header) else { return nil }
            let start = offset + blockSize
            let type = header[header.startIndex + typeField]
            if type == 0 || type == UInt8(ascii: "0") {
                let end = start + min(size, limit)
                return end <= archive.count ? Array(archive[start..<end]) : nil
            }
            offset = start + (size + blockSize - 1) / blockSize * blockSize
        }
        return nil
    }

    /// Octal digits, ended by a blank or a zero.
    private static func size(_ header: ArraySlice<UInt8>) -> Int? {
        let base = header.startIndex
        let field = header[base + sizeField.lowerBound..<base + sizeField.upperBound]
        let digits = field.drop { $0 == 0x20 }.prefix { $0 != 0 && $0 != 0x20 }
        return Int(String(decoding: digits, as: UTF8.self), radix: 8).flatMap { $0 >= 0 ? $0 : nil }
    }
}
