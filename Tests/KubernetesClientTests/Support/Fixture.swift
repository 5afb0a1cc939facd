import Glibc
import PipelineCore
import Testing

/// Files below Tests/Fixtures/kubernetes.
enum Fixture {
    static func bytes(_ name: String) throws -> [UInt8] {
        let file: String = #filePath
        let folder = file.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")
        let handle = try #require(fopen("\(folder)/Fixtures/kubernetes/\(name)", "r"))
        defer { fclose(handle) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = fread(&buffer, 1, buffer.count, handle)
            guard count > 0 else { return bytes }
            bytes += buffer[..<count]
        }
    }

    static func lines(_ name: String) throws -> [[UInt8]] {
        try bytes(name).split(separator: 0x0A).map { Array($0) }
    }
}

/// A folder that goes away with the test.
final class TemporaryFolder: Sendable {
    let path: String

    init() {
        var template = Array("/tmp/pipeline-kube-XXXXXX".utf8CString)
        path = template.withUnsafeMutableBufferPointer { $0.baseAddress.map { String(cString: mkdtemp($0)) } ?? "" }
    }

    deinit {
        guard let folder = opendir(path) else { return }
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            unlink(path + "/" + name)
        }
        closedir(folder)
        rmdir(path)
    }

    @discardableResult
    func write(_ text: String, to name: String, mode: mode_t = 0o644) -> String {
        let file = path + "/" + name
        if let handle = fopen(file, "w") {
            fputs(text, handle)
            fclose(handle)
        }
        chmod(file, mode)
        return file
    }
}
