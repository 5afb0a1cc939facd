import Glibc
import Synchronization
import Testing

@testable import HTTPTransport

@Suite struct FileDownloadTests {
    private let folder = TemporaryFolder()
    private var path: String { folder.path + "/archive" }
    private let content = String((0..<1_000).map { Character(Unicode.Scalar(UInt8(97 + $0 % 26))) })

    @Test func aBrokenDownloadGoesOnWhereItStopped() async throws {
        let content = content
        let server = try LoopbackServer { number, request in
            if number == 0 {
                return answer("200 OK", ["ETag: \"v1\""], body: String(content.prefix(400)), length: 1_000)
            }
            return answer(
                "206 Partial Content", ["ETag: \"v1\"", "Content-Range: bytes 400-999/1000"],
                body: String(content.dropFirst(400)))
        }
        defer { server.stop() }
        let report = try await run(server.url)
        #expect(report == FileDownload.Report(bytes: 1_000, resumedFrom: 0, attempts: 2, validator: "\"v1\""))
        #expect(server.requests[1].fields["range"] == "bytes=400-")
        #expect(server.requests[1].fields["if-range"] == "\"v1\"")
        #expect(folder.text(path) == content)
        #expect(access(path + ".part", F_OK) != 0 && access(path + ".part.validator", F_OK) != 0)
    }

    @Test func anotherVersionOnTheServerStartsAnew() async throws {
        let content = content
        let server = try LoopbackServer { number, _ in
            number == 0
                ? answer("200 OK", ["ETag: \"v1\""], body: String(repeating: "-", count: 400), length: 1_000)
                : answer("200 OK", ["ETag: \"v2\""], body: content)
        }
        defer { server.stop() }
        _ = try await run(server.url)
        #expect(folder.text(path) == content)
    }

    @Test func withoutAValidatorTheBytesAreNotTrusted() async throws {
        let content = content
        let server = try LoopbackServer { number, _ in
            number == 0 ? answer("200 OK", body: "xxx", length: 1_000) : answer("200 OK", body: content)
        }
        defer { server.stop() }
        _ = try await run(server.url)
        #expect(server.requests[1].fields["range"] == nil)
        #expect(folder.text(path) == content)
    }

    @Test func partsOfAnotherURLAreNotResumed() async throws {
        folder.write("left over", to: path + ".part")
        folder.write("http://elsewhere/file\n\"v1\"\n", to: path + ".part.validator")
        let server = try LoopbackServer { _, _ in answer("200 OK", body: "new") }
        defer { server.stop() }
        _ = try await run(server.url)
        #expect(server.requests[0].fields["range"] == nil && folder.text(path) == "new")
    }

    @Test func aCompletePartNeedsNoBytes() async throws {
        let server = try LoopbackServer { _, _ in answer("416 Range Not Satisfiable", ["Content-Range: bytes */9"]) }
        defer { server.stop() }
        folder.write("left over", to: path + ".part")
        folder.write("\(server.url)\n\"v1\"\n", to: path + ".part.validator")
        let report = try await run(server.url)
        #expect(report == FileDownload.Report(bytes: 9, resumedFrom: 9, attempts: 1, validator: "\"v1\""))
        #expect(folder.text(path) == "left over")
    }

    @Test func serverFaultsAreTriedAgainAfterTheDelayTheServerAsksFor() async throws {
        let server = try LoopbackServer { number, _ in
            number < 2
                ? answer("503 Service Unavailable", ["Retry-After: 7"], body: "busy") : answer("200 OK", body: "ok")
        }
        defer { server.stop() }
        let waits = Mutex<[Duration]>([])
        let report = try await run(server.url) { delay in waits.withLock { $0.append(delay) } }
        #expect(report.attempts == 3)
        #expect(waits.withLock { $0 } == [.seconds(7), .seconds(7)])
        #expect(folder.text(path) == "ok")
    }

    @Test func itGivesUpWhenTheDelaysEnd() async throws {
        let server = try LoopbackServer { _, _ in answer("500 Internal Server Error") }
        defer { server.stop() }
        let error = await failure { _ = try await run(server.url) }
        #expect(error?.code == .status(500))
        #expect(server.requests.count == 4)
    }

    @Test func aMissingFileIsNotTriedAgain() async throws {
        let server = try LoopbackServer { _, _ in answer("404 Not Found", body: "<html>") }
        defer { server.stop() }
        let error = await failure { _ = try await run(server.url) }
        #expect(error?.code == .status(404) && server.requests.count == 1)
        #expect(access(path, F_OK) != 0)
    }

    @Test func aWrongRangeIsRefused() async throws {
        let server = try LoopbackServer { number, _ in
            number == 0
                ? answer("200 OK", ["ETag: \"v1\""], body: "abc", length: 6)
                : answer("206 Partial Content", ["Content-Range: bytes 0-5/6"], body: "abcdef")
        }
        defer { server.stop() }
        let error = await failure { _ = try await run(server.url) }
        #expect(error?.code == .invalidResponse)
    }

    @Test func aFileOverTheLimitIsRefused() async throws {
        let content = content
        let server = try LoopbackServer { _, _ in answer("200 OK", body: content) }
        defer { server.stop() }
        let error = await failure { _ = try await run(server.url, sizeLimit: 999) }
        #expect(error?.code == .tooLarge)
    }

    private func run(
        _ url: String, sizeLimit: Int = 1 << 20, sleep: @Sendable (Duration) async throws -> Void = { _ in }
    ) async throws -> FileDownload.Report {
        let download = FileDownload(url: url, path: path, sizeLimit: sizeLimit)
        return try await download.run(
            with: CurlHTTPClient(), backoff: Backoff(retries: 3, seed: 1), sleep: sleep, progress: { _, _ in })
    }

    private func failure(_ work: () async throws -> Void) async -> HTTPTransportError? {
        do {
            try await work()
            return nil
        } catch {
            return error as? HTTPTransportError
        }
    }
}

/// A folder that goes away with the test.
final class TemporaryFolder: Sendable {
    let path: String

    init() {
        var template = Array("/tmp/pipeline-http-XXXXXX".utf8CString)
        path = template.withUnsafeMutableBufferPointer { $0.baseAddress.map { String(cString: mkdtemp($0)) } ?? "" }
    }

    deinit {
        for name in ["archive", "archive.part", "archive.part.validator"] { unlink(path + "/" + name) }
        rmdir(path)
    }

    func write(_ text: String, to path: String) {
        let file = fopen(path, "w")
        fputs(text, file)
        fclose(file)
    }

    func text(_ path: String) -> String? {
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        let count = fread(&bytes, 1, bytes.count, file)
        return String(decoding: bytes.prefix(count), as: UTF8.self)
    }
}
