import Glibc

/// Brings one URL into a file and survives broken connections: bytes go to `PATH.part`, a later attempt (of this
/// process or the next) asks for the rest with `Range` and `If-Range`, and the file gets its name when it is complete.
package struct FileDownload: Sendable {
    package var url: String
    package var path: String
    package var limits = HTTPRequest.Limits()
    /// Bytes that the file may have at most.
    package var sizeLimit: Int

    package init(url: String, path: String, sizeLimit: Int) {
        self.url = url
        self.path = path
        self.sizeLimit = sizeLimit
    }

    /// How a download went.
    package struct Report: Sendable, Hashable {
        /// Size of the file.
        package var bytes: Int
        /// Bytes that were already there.
        package var resumedFrom: Int
        /// Exchanges that were needed.
        package var attempts: Int
        /// ``HTTPResponseHead/validator`` of the version that was brought.
        package var validator: String?
    }

    /// Downloads until the file is complete or `backoff` has no further delay.
    /// - Parameters:
    ///   - sleep: waits between attempts; the test's clock enters here.
    ///   - progress: bytes so far and, when the server says it, in all.
    package func run(
        with client: any HTTPClient, backoff: Backoff, sleep: @Sendable (Duration) async throws -> Void,
        progress: @escaping @Sendable (_ bytes: Int, _ total: Int?) -> Void
    ) async throws(HTTPTransportError) -> Report {
        var delays = backoff
        let kept = PartialFile.resumeOffset(path: partPath, validatorPath: validatorPath, url: url)
        var report = Report(bytes: 0, resumedFrom: kept, attempts: 0)
        while true {
            report.attempts += 1
            let failure: HTTPTransportError
            var asked: Duration?
            do throws(AttemptFailure) {
                (report.bytes, report.validator) = try await attempt(with: client, progress: progress)
                return report
            } catch {
                failure = error.error
                asked = error.retryAfter
            }
            guard failure.isTransient, let delay = delays.next() else { throw failure }
            do { try await sleep(max(delay, min(asked ?? .zero, .seconds(120)))) } catch {
                throw HTTPTransportError(.cancelled, "the download was cancelled", cause: error)
            }
        }
    }

    private var partPath: String { path + ".part" }
    private var validatorPath: String { path + ".part.validator" }

    /// A failure with the delay that the server asked for.
    private struct AttemptFailure: Error {
        var error: HTTPTransportError
        var retryAfter: Duration?
    }

    private func attempt(
        with client: any HTTPClient, progress: @escaping @Sendable (Int, Int?) -> Void
    ) async throws(AttemptFailure) -> (bytes: Int, validator: String?) {
        do {
            let file = try PartialFile(
                path: partPath, validatorPath: validatorPath, url: url, sizeLimit: sizeLimit, progress: progress)
            let head = try await client.perform(request(resuming: file), receiver: file)
            do throws(HTTPTransportError) {
                let size = try file.complete(head)
                try finish()
                return (size, head.validator ?? file.validator)
            } catch {
                throw AttemptFailure(error: error, retryAfter: head.retryAfter)
            }
        } catch let failure as AttemptFailure {
            throw failure
        } catch let error as HTTPTransportError {
            throw AttemptFailure(error: error)
        } catch {
            throw AttemptFailure(error: HTTPTransportError(.fileFailed, "download failed", cause: error))
        }
    }

    private func request(resuming file: PartialFile) -> HTTPRequest {
        var request = HTTPRequest(url: url, limits: limits)
        guard file.resumeOffset > 0 else { return request }
        request.headers["Range"] = "bytes=\(file.resumeOffset)-"
        request.headers["If-Range"] = file.validator
        return request
    }

    private func finish() throws(HTTPTransportError) {
        guard rename(partPath, path) == 0 else {
            throw HTTPTransportError(.fileFailed, "\(path): cannot be written: \(String(cString: strerror(errno)))")
        }
        unlink(validatorPath)
    }
}
