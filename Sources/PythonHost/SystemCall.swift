import CPosix
import Glibc

/// Turns the `-errno` convention of `CPosix` into errors.
enum SystemCall {
    /// `result`, or an error that names `call`.
    static func check<Value: BinaryInteger>(_ result: Value, _ call: String) throws(PythonHostError) -> Value {
        guard result < 0 else { return result }
        throw PythonHostError(.system, "\(call): \(text(of: Int32(-Int(result))))")
    }

    static func text(of code: Int32) -> String { String(cString: strerror(code)) }
}

/// A file descriptor that is closed when its last owner lets go of it.
final class OwnedDescriptor: Sendable {
    let raw: Int32

    init(_ raw: Int32) { self.raw = raw }

    deinit { close(raw) }

    /// An unnamed file in memory.
    static func memoryFile(_ name: String) throws(PythonHostError) -> OwnedDescriptor {
        OwnedDescriptor(try SystemCall.check(cposix_memory_file(name), "memfd_create"))
    }

    /// Writes all of `bytes` at the start of the file.
    func write(_ bytes: [UInt8]) throws(PythonHostError) {
        var offset = 0
        while offset < bytes.count {
            let count = bytes[offset...].withUnsafeBytes { pwrite(raw, $0.baseAddress, $0.count, off_t(offset)) }
            guard count > 0 else { throw PythonHostError(.system, "pwrite: \(SystemCall.text(of: errno))") }
            offset += count
        }
    }

    var size: Int {
        var status = stat()
        return fstat(raw, &status) == 0 ? Int(status.st_size) : 0
    }

    /// The whole file.
    func contents() throws(PythonHostError) -> [UInt8] {
        let size = size
        var failure: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            while count < size {
                let rest = UnsafeMutableBufferPointer(rebasing: buffer[count...])
                let part = pread(raw, rest.baseAddress, rest.count, off_t(count))
                if part < 0 { failure = errno }
                guard part > 0 else { break }
                count += part
            }
        }
        guard failure == 0 else { throw PythonHostError(.system, "pread: \(SystemCall.text(of: failure))") }
        return bytes
    }
}
