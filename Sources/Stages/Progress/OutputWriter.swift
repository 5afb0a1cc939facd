import Glibc
import Synchronization

/// A stream of text. A call's text appears whole.
package protocol OutputWriter: Sendable {
    func write(_ text: String)
}

/// Writes to a file descriptor that somebody else owns.
package final class FileDescriptorWriter: OutputWriter {
    private let descriptor: Mutex<Int32>

    package init(_ descriptor: Int32) { self.descriptor = Mutex(descriptor) }

    package func write(_ text: String) {
        let bytes = Array(text.utf8)
        descriptor.withLock { descriptor in
            var start = 0
            while start < bytes.count {
                let written = bytes[start...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
                if written < 0, errno == EINTR { continue }
                // A reader that has gone away must not fail the stage's work.
                guard written > 0 else { return }
                start += written
            }
        }
    }
}
