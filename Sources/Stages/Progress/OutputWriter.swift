import Glibc
import Synchronization

/// A stream of text. A call's text appears whole.
package protocol OutputWriter: Sendable {
    func write(_ text: String)
    /// Writes text that must arrive.
    /// - Throws: ``StageError`` `fileFailed` with the system's reason.
    func deliver(_ text: String) throws(StageError)
}

extension OutputWriter {
    /// For streams that take everything.
    package func deliver(_ text: String) throws(StageError) { write(text) }
}

/// Writes to a file descriptor that somebody else owns.
package final class FileDescriptorWriter: OutputWriter {
    private let descriptor: Mutex<Int32>

    package init(_ descriptor: Int32) { self.descriptor = Mutex(descriptor) }

    /// A reader that has gone away must not fail the stage's work.
    package func write(_ text: String) { _ = writeAll(text) }

    package func deliver(_ text: String) throws(StageError) {
        let number = writeAll(text)
        guard number == 0 else {
            errno = number
            throw FileIO.failure("the result cannot be written to standard output")
        }
    }

    /// - Returns: 0, or the number of the error that ended it.
    private func writeAll(_ text: String) -> Int32 {
        let bytes = Array(text.utf8)
        return descriptor.withLock { descriptor in
            var start = 0
            while start < bytes.count {
                let written = bytes[start...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
                if written < 0, errno == EINTR { continue }
                guard written > 0 else { return errno }
                start += written
            }
            return 0
        }
    }
}
