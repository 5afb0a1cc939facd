import CZlib

/// Writes PNG files (ISO/IEC 15948): eight-bit RGB, one compressed piece, rows stored as differences to the row above.
package enum PNGImage {
    package static func encode(_ picture: Picture) throws(StageError) -> [UInt8] {
        var file: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
        // Size, 8 bits a channel, colour type RGB, and the only compression, filter and interlace method in use.
        let header = big(UInt32(picture.width)) + big(UInt32(picture.height)) + [8, 2, 0, 0, 0]
        file += chunk("IHDR", header)
        file += chunk("IDAT", try compressed(filtered(picture)))
        file += chunk("IEND", [])
        return file
    }

    /// Filter type 2 ("up") before each row.
    private static func filtered(_ picture: Picture) -> [UInt8] {
        let stride = 3 * picture.width
        var out: [UInt8] = []
        out.reserveCapacity((stride + 1) * picture.height)
        for row in 0..<picture.height {
            out.append(2)
            for index in row * stride..<(row + 1) * stride {
                out.append(picture.bytes[index] &- (row > 0 ? picture.bytes[index - stride] : 0))
            }
        }
        return out
    }

    private static func compressed(_ bytes: [UInt8]) throws(StageError) -> [UInt8] {
        var size = compressBound(UInt(bytes.count))
        var out = [UInt8](repeating: 0, count: Int(size))
        guard compress2(&out, &size, bytes, UInt(bytes.count), Z_BEST_COMPRESSION) == Z_OK else {
            throw StageError(.unsupported, "zlib could not compress the picture")
        }
        return Array(out.prefix(Int(size)))
    }

    /// Length, type, data, and the CRC over type and data.
    private static func chunk(_ type: String, _ data: [UInt8]) -> [UInt8] {
        let body = Array(type.utf8) + data
        return big(UInt32(data.count)) + body + big(UInt32(crc32(0, body, UInt32(body.count))))
    }

    private static func big(_ value: UInt32) -> [UInt8] {
        [UInt8(value >> 24), UInt8(value >> 16 & 255), UInt8(value >> 8 & 255), UInt8(value & 255)]
    }
}
