import Glibc
import Testing

/// A file below Tests/Fixtures.
enum FixtureFile {
    static func bytes(_ path: String) throws -> [UInt8] {
        let file: String = #filePath
        let folder = file.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")
        let handle = try #require(fopen("\(folder)/Fixtures/\(path)", "r"))
        defer { fclose(handle) }
        var (bytes, buffer): ([UInt8], [UInt8]) = ([], [UInt8](repeating: 0, count: 1 << 16))
        while true {
            let count = fread(&buffer, 1, buffer.count, handle)
            guard count > 0 else { return bytes }
            bytes += buffer[..<count]
        }
    }
}
