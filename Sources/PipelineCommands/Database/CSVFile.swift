import Glibc
import Synchronization

/// A file of comma-separated values as Python's `csv` writes it: quoted where needed, lines ended by CR LF.
final class CSVFile: Sendable {
    private struct State {
        var buffer: [UInt8] = []
        var rows = 0
    }

    private static let bufferSize = 64 << 10

    private let path: String
    private let descriptor: Int32
    private let state = Mutex(State())

    /// - Throws: ``CommandFailure`` with the system's reason.
    init(_ path: String) throws {
        self.path = path
        descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw CommandFailure("cannot write \(path): \(String(cString: strerror(errno)))") }
    }

    /// The first row brings the names of the columns along.
    func write(_ columns: [String], _ row: [String?]) throws {
        try state.withLock { state in
            if state.rows == 0 { state.buffer += Self.line(columns) }
            state.buffer += Self.line(row)
            state.rows += 1
            if state.buffer.count >= Self.bufferSize { try flush(&state.buffer) }
        }
    }

    /// Closes the file when it is on the disk; the number of its rows.
    func finish() throws -> Int {
        let rows = try state.withLock { state in
            try flush(&state.buffer)
            return state.rows
        }
        guard fsync(descriptor) == 0 else { throw failure() }
        close(descriptor)
        return rows
    }

    func discard() {
        close(descriptor)
        unlink(path)
    }

    private func flush(_ buffer: inout [UInt8]) throws {
        var rest = buffer[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw failure() }
            rest = rest.dropFirst(count)
        }
        buffer.removeAll(keepingCapacity: true)
    }

    private func failure() -> CommandFailure {
        CommandFailure("cannot write \(path): \(String(cString: strerror(errno)))")
    }

    static func line(_ values: [String?]) -> [UInt8] {
        Array((values.map { cell($0 ?? "") }.joined(separator: ",") + "\r\n").utf8)
    }

    private static func cell(_ text: String) -> String {
        let special: Set<UInt8> = [UInt8(ascii: ","), UInt8(ascii: "\""), 0x0A, 0x0D]
        guard text.utf8.contains(where: special.contains) else { return text }
        return "\"" + text.replacing("\"", with: "\"\"") + "\""
    }
}
