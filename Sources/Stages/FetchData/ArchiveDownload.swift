import HTTPTransport
import PipelineCore

/// Brings an archive onto this machine, uses it, and keeps it when there is a folder for that.
struct ArchiveDownload {
    /// The real archives have 170 MB; nothing near this is a data set of these formats.
    private static let sizeLimit = 2 << 30

    let url: String
    let options: FetchDataOptions
    let context: StageContext

    func run(_ use: (_ archive: String) throws(StageError) -> JSONObject) async throws -> JSONObject {
        let folder = options.cache ?? options.out + "/.download"
        try FileIO.createDirectories(folder)
        let archive = folder + "/" + fileName
        // Runs that share a cache take turns.
        let lock = try await FileLock.wait(for: archive + ".lock", context)
        defer { withExtendedLifetime(lock) {} }
        if try await !isGood(archive) {
            try FileIO.removeTree(CachedArchive.recordPath(of: archive))
            let validator = try await download(to: archive)
            if options.cache != nil, let validator {
                try CachedArchive(url: shownURL, validator: validator, archive: archive).save(beside: archive)
            }
        }
        var provenance = try use(archive)
        provenance["kind"] = "download"
        provenance["location"] = .string(shownURL)
        if options.cache == nil { try FileIO.removeTree(folder) }
        return provenance
    }

    /// Without credentials and query.
    private var shownURL: String { HTTPRequest.redacted(url) }

    private var fileName: String {
        let name = FileIO.lastComponent(of: shownURL)
        return name.contains(".tar") || name.hasSuffix(".tgz") ? name : options.format.name + ".tar.gz"
    }

    /// A cached archive is used when its check sum is known and right, or else when the server still has the same.
    private func isGood(_ archive: String) async throws -> Bool {
        guard FileIO.size(of: archive) != nil else { return false }
        guard options.md5 != nil || options.sha256 != nil else { return try await isUnchanged(archive) }
        return try hasCheckSums(archive)
    }

    /// Asks the server for the archive's head only. A server that does not answer is one that the download meets too.
    private func isUnchanged(_ archive: String) async throws -> Bool {
        guard let record = CachedArchive.load(beside: archive), try record.describes(archive, from: shownURL) else {
            return false
        }
        let request = HTTPRequest(method: "HEAD", url: url, limits: HTTPRequest.Limits(redirects: 5))
        guard let head = try? await context.makeHTTPClient().send(request).head, head.status == 200,
            head.validator == record.validator
        else { return false }
        context.progress.event("cached", ["archive": .string(archive), "validator": .string(record.validator)])
        return true
    }

    private func hasCheckSums(_ archive: String) throws(StageError) -> Bool {
        if let md5 = options.md5, try FileDigest.md5(of: archive) != md5 { return false }
        if let sha256 = options.sha256, try FileDigest.sha256(of: archive) != sha256 { return false }
        return true
    }

    /// - Returns: the server's word for the version that came.
    private func download(to archive: String) async throws -> String? {
        var download = FileDownload(url: url, path: archive, sizeLimit: Self.sizeLimit)
        download.limits.redirects = 5
        let (progress, cancellation, clock) = (context.progress, context.cancellation, context.clock)
        do {
            let report = try await download.run(
                with: try context.makeHTTPClient(),
                backoff: Backoff(seed: UInt64(bitPattern: clock.wall.now().microseconds)),
                sleep: { delay in
                    progress.event("download_retry", ["delay_seconds": .double(delay.inSeconds)])
                    try await clock.sleep(delay)
                    try cancellation.check()
                },
                progress: { bytes, total in
                    progress.position(ProgressPosition("download", completed: bytes, total: total, unit: "bytes"))
                })
            progress.event(
                "downloaded",
                [
                    "bytes": .int(report.bytes), "resumed_from": .int(report.resumedFrom),
                    "attempts": .int(report.attempts),
                ])
            return report.validator
        } catch let error as HTTPTransportError {
            if cancellation.isSet { throw StageError(.cancelled, "ended on request during the download") }
            throw StageError(
                .downloadFailed,
                "the archive could not be downloaded; what has come is kept and the next run resumes", cause: error)
        }
    }
}
