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
        if try !isGood(archive) { try await download(to: archive) }
        var provenance = try use(archive)
        provenance["kind"] = "download"
        provenance["location"] = .string(HTTPRequest.redacted(url))
        if options.cache == nil { try FileIO.removeTree(folder) }
        return provenance
    }

    private var fileName: String {
        let name = FileIO.lastComponent(of: HTTPRequest.redacted(url))
        return name.contains(".tar") || name.hasSuffix(".tgz") ? name : options.format.name + ".tar.gz"
    }

    /// A cached archive is used when its check sum is known and right.
    private func isGood(_ archive: String) throws(StageError) -> Bool {
        guard options.md5 != nil || options.sha256 != nil, FileIO.size(of: archive) != nil else { return false }
        if let md5 = options.md5, try FileDigest.md5(of: archive) != md5 { return false }
        if let sha256 = options.sha256, try FileDigest.sha256(of: archive) != sha256 { return false }
        return true
    }

    private func download(to archive: String) async throws {
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
        } catch let error as HTTPTransportError {
            if cancellation.isSet { throw StageError(.cancelled, "ended on request during the download") }
            throw StageError(
                .downloadFailed,
                "the archive could not be downloaded; what has come is kept and the next run resumes", cause: error)
        }
    }
}
