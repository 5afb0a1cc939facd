import Glibc

/// The file that a download grows. Beside it stands the server's validator (`ETag` or `Last-Modified`) of the version
/// that the bytes belong to: without one, or with another URL, the bytes are not trusted and the download starts anew.
/// `@unchecked Sendable`: one transfer at a time calls it, from the client's executor.
final class PartialFile: HTTPResponseReceiver, @unchecked Sendable {
    let validator: String?
    let resumeOffset: Int

    private let path: String
    private let validatorPath: String
    private let url: String
    private let sizeLimit: Int
    private let progress: @Sendable (Int, Int?) -> Void
    private let descriptor: Int32
    private var size: Int
    private var total: Int?
    private var accepts = false

    init(
        path: String, validatorPath: String, url: String, sizeLimit: Int,
        progress: @escaping @Sendable (Int, Int?) -> Void
    ) throws(HTTPTransportError) {
        self.path = path
        self.validatorPath = validatorPath
        self.url = url
        self.sizeLimit = sizeLimit
        self.progress = progress
        validator = Self.storedValidator(at: validatorPath, url: url)
        resumeOffset = Self.resumeOffset(path: path, validatorPath: validatorPath, url: url)
        size = resumeOffset
        descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw Self.failure(path, "cannot be opened") }
    }

    deinit { close(descriptor) }

    /// Bytes of `path` that can be kept: none without the validator of a version at `url`.
    static func resumeOffset(path: String, validatorPath: String, url: String) -> Int {
        storedValidator(at: validatorPath, url: url) == nil ? 0 : size(of: path)
    }

    /// Bytes of the file at `path`; 0 when there is none.
    private static func size(of path: String) -> Int {
        var status = stat()
        return stat(path, &status) == 0 ? Int(status.st_size) : 0
    }

    func receive(head: HTTPResponseHead) throws {
        switch head.status {
        case 206: try accept(partial: head)
        case 200: try accept(whole: head)
        default: accepts = false
        }
    }

    func receive(chunk: UnsafeRawBufferPointer) throws {
        // The body of an error answer is of no use.
        guard accepts else { return }
        guard size + chunk.count <= sizeLimit else {
            throw HTTPTransportError(.tooLarge, "\(HTTPRequest.redacted(url)) has more than \(sizeLimit) bytes")
        }
        try write(chunk)
        size += chunk.count
        progress(size, total)
    }

    /// The size of the complete file, or what keeps it from being complete.
    func complete(_ head: HTTPResponseHead) throws(HTTPTransportError) -> Int {
        if head.status == 416 { return try completeAfterUnsatisfiableRange(head) }
        guard head.status == 200 || head.status == 206 else {
            throw HTTPTransportError(
                .status(head.status), "\(HTTPRequest.redacted(url)) answered status \(head.status)")
        }
        if let total, size != total {
            throw HTTPTransportError(
                .connectionFailed, "\(HTTPRequest.redacted(url)) ended after \(size) of \(total) bytes")
        }
        guard fsync(descriptor) == 0 else { throw Self.failure(path, "cannot be written") }
        return size
    }

    /// 416 says that there is nothing behind our last byte: complete when the sizes agree, else not our file.
    private func completeAfterUnsatisfiableRange(_ head: HTTPResponseHead) throws(HTTPTransportError) -> Int {
        let serverSize = head.headers["Content-Range"]?.split(separator: "/").last.flatMap { Int($0) }
        if let serverSize, serverSize == resumeOffset { return resumeOffset }
        unlink(validatorPath)
        throw HTTPTransportError(
            .connectionFailed, "\(HTTPRequest.redacted(url)) no longer has the version that \(path) holds a part of")
    }

    private func accept(partial head: HTTPResponseHead) throws {
        let range = head.headers["Content-Range"] ?? ""
        guard range.hasPrefix("bytes \(resumeOffset)-") else {
            throw HTTPTransportError(
                .invalidResponse, "\(HTTPRequest.redacted(url)): asked for bytes from \(resumeOffset), got '\(range)'")
        }
        total = range.split(separator: "/").last.flatMap { Int($0) }
        accepts = true
        try seek(to: resumeOffset)
    }

    private func accept(whole head: HTTPResponseHead) throws {
        total = head.headers["Content-Length"].flatMap { Int($0) }
        // Bytes of an encoded body do not count as those of the file.
        if head.headers["Content-Encoding"] != nil { total = nil }
        accepts = true
        try seek(to: 0)
        size = 0
        try storeValidator(head.validator)
    }

    private func seek(to offset: Int) throws {
        guard ftruncate(descriptor, offset) == 0, lseek(descriptor, offset, SEEK_SET) == offset else {
            throw Self.failure(path, "cannot be truncated")
        }
    }

    private func write(_ chunk: UnsafeRawBufferPointer) throws {
        var rest = chunk
        while let start = rest.baseAddress, !rest.isEmpty {
            let written = Glibc.write(descriptor, start, rest.count)
            if written < 0, errno == EINTR { continue }
            guard written > 0 else { throw Self.failure(path, "cannot be written") }
            rest = UnsafeRawBufferPointer(rebasing: rest[written...])
        }
    }

    private func storeValidator(_ validator: String?) throws {
        guard let validator else {
            unlink(validatorPath)
            return
        }
        guard let file = fopen(validatorPath, "we") else { throw Self.failure(validatorPath, "cannot be written") }
        let text = "\(url)\n\(validator)\n"
        let complete = fputs(text, file) >= 0
        guard fclose(file) == 0, complete else { throw Self.failure(validatorPath, "cannot be written") }
    }

    private static func storedValidator(at path: String, url: String) -> String? {
        guard let file = fopen(path, "re") else { return nil }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 16_384)
        let count = fread(&bytes, 1, bytes.count, file)
        let lines = String(decoding: bytes.prefix(count), as: UTF8.self).split(separator: "\n")
        return lines.count == 2 && lines[0] == url ? String(lines[1]) : nil
    }

    private static func failure(_ path: String, _ what: String) -> HTTPTransportError {
        let number = errno
        let mend = number == ENOSPC ? "; free space on that file system and run again, the download resumes" : ""
        return HTTPTransportError(.fileFailed, "\(path): \(what): \(String(cString: strerror(number)))\(mend)")
    }
}
