import Glibc
import PipelineCore
import Synchronization

/// Cuts what a program prints into lines and hands them on as Python would decode them, in bounded memory: a line
/// longer than an event of the log is handed on in pieces, and of the last line no more is kept than an XCom may have.
final class OutputLog: Sendable {
    /// The last line that a program printed.
    struct LastLine: Sendable {
        /// The line, or its first ``OutputLog/maximumLastLine`` bytes.
        fileprivate(set) var bytes: [UInt8] = []
        /// Bytes of the whole line.
        fileprivate(set) var count = 0

        var isWhole: Bool { bytes.count == count }
        var text: String { PythonText.rightStripped(PythonText.decoded(bytes[...])) }

        fileprivate mutating func append(_ part: UnsafeBufferPointer<UInt8>) {
            count += part.count
            bytes.append(contentsOf: part.prefix(max(0, OutputLog.maximumLastLine - bytes.count)))
        }

        fileprivate mutating func removeAll() {
            bytes.removeAll(keepingCapacity: true)
            count = 0
        }
    }

    /// As much as the store takes, with the JSON's quotes.
    static let maximumLastLine = 4 << 20

    private struct State {
        /// What of the present line is not yet handed on.
        var rest: [UInt8] = []
        var present = LastLine()
        var last = LastLine()
        var handedOn = false
    }

    private let state = Mutex(State())
    private let maximumLength: Int
    private let isFull: @Sendable () -> Bool
    private let line: @Sendable (String) -> Void

    /// - Parameters:
    ///   - isFull: nothing is handed on while it is true; then no work is done for lines nobody reads.
    ///   - line: gets each line, or piece of one, right-stripped.
    init(
        maximumLength: Int = TaskLog.maximumEventBytes, isFull: @escaping @Sendable () -> Bool = { false },
        line: @escaping @Sendable (String) -> Void
    ) {
        self.maximumLength = maximumLength
        self.isFull = isFull
        self.line = line
    }

    func append(_ bytes: ArraySlice<UInt8>) {
        bytes.withUnsafeBufferPointer { buffer in
            state.withLock { state in
                var buffer = buffer
                if isFull() { buffer = skipAllButLastLines(buffer, &state) }
                while let newline = Self.firstNewline(buffer) {
                    add(UnsafeBufferPointer(rebasing: buffer[..<newline]), &state)
                    endLine(&state)
                    buffer = UnsafeBufferPointer(rebasing: buffer[(newline + 1)...])
                }
                add(buffer, &state)
            }
        }
    }

    /// The last line, whether it had a newline or not; empty when nothing was printed.
    @discardableResult
    func finish() -> LastLine {
        state.withLock { state in
            if state.present.count > 0 { endLine(&state) }
            return state.last
        }
    }

    private func add(_ part: UnsafeBufferPointer<UInt8>, _ state: inout State) {
        guard !part.isEmpty else { return }
        state.present.append(part)
        if isFull() { return state.rest.removeAll(keepingCapacity: true) }
        state.rest.append(contentsOf: part)
        while state.rest.count > maximumLength {
            let length = PythonText.cut(state.rest, at: maximumLength)
            line(PythonText.decoded(state.rest[..<length]))
            state.rest.removeFirst(length)
            state.handedOn = true
        }
    }

    private func endLine(_ state: inout State) {
        if !isFull(), !state.rest.isEmpty || !state.handedOn {
            line(PythonText.rightStripped(PythonText.decoded(state.rest[...])))
        }
        state.rest.removeAll(keepingCapacity: true)
        state.handedOn = false
        swap(&state.last, &state.present)
        state.present.removeAll()
    }

    /// Of a full log only the last line counts: what comes before the last newline but one need not be looked at.
    private func skipAllButLastLines(
        _ buffer: UnsafeBufferPointer<UInt8>, _ state: inout State
    ) -> UnsafeBufferPointer<UInt8> {
        guard let last = Self.lastNewline(buffer),
            let previous = Self.lastNewline(UnsafeBufferPointer(rebasing: buffer[..<last]))
        else { return buffer }
        state.present.removeAll()
        state.rest.removeAll(keepingCapacity: true)
        return UnsafeBufferPointer(rebasing: buffer[(previous + 1)...])
    }

    private static func firstNewline(_ buffer: UnsafeBufferPointer<UInt8>) -> Int? {
        guard let base = buffer.baseAddress, let found = memchr(base, 0x0A, buffer.count) else { return nil }
        return UnsafeRawPointer(found) - UnsafeRawPointer(base)
    }

    private static func lastNewline(_ buffer: UnsafeBufferPointer<UInt8>) -> Int? {
        firstNewline(buffer).flatMap { _ in buffer.lastIndex(of: 0x0A) }
    }
}
