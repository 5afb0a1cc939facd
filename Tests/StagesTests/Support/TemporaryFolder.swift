import Glibc

@testable import Stages

/// A folder that goes away with the test.
final class TemporaryFolder: Sendable {
    let path: String

    init() {
        var template = Array("/tmp/pipeline-stages-XXXXXX".utf8CString)
        path = template.withUnsafeMutableBufferPointer { $0.baseAddress.map { String(cString: mkdtemp($0)) } ?? "" }
    }

    deinit { try? FileIO.removeTree(path) }

    func write(_ bytes: [UInt8], to name: String) throws {
        try FileIO.createDirectories(FileIO.parent(of: path + "/" + name))
        try FileIO.writeAtomically(bytes, to: path + "/" + name)
    }

    func write(_ text: String, to name: String) throws { try write(Array(text.utf8), to: name) }
}
