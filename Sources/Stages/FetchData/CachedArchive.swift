import PipelineCore

/// What is known of an archive in the cache that has no check sum: the server's word for the version (`ETag` or
/// `Last-Modified`), and the bytes that came then.
struct CachedArchive: Sendable, Hashable {
    /// Without credentials and query.
    var url: String
    var validator: String
    var bytes: Int
    var sha256: String

    init(url: String, validator: String, archive: String) throws(StageError) {
        (self.url, self.validator) = (url, validator)
        bytes = FileIO.size(of: archive) ?? 0
        sha256 = try FileDigest.sha256(of: archive)
    }

    static func recordPath(of archive: String) -> String { archive + ".json" }

    func save(beside archive: String) throws(StageError) {
        let record: JSONValue = [
            "url": .string(url), "validator": .string(validator), "bytes": .int(bytes), "sha256": .string(sha256),
        ]
        try FileIO.writeAtomically(record.serialized(.pretty) + "\n", to: Self.recordPath(of: archive))
    }

    /// The record beside an archive; `nil` when there is none, or none that can be read: the archive comes again then.
    static func load(beside archive: String) -> CachedArchive? {
        guard let bytes = try? FileIO.read(recordPath(of: archive), limit: 1 << 16),
            let record = try? JSONValue.parse(utf8: bytes)
        else { return nil }
        return CachedArchive(record)
    }

    private init?(_ record: JSONValue) {
        guard let url = record["url"]?.stringValue, let validator = record["validator"]?.stringValue,
            let bytes = record["bytes"]?.intValue, let sha256 = record["sha256"]?.stringValue
        else { return nil }
        (self.url, self.validator, self.bytes, self.sha256) = (url, validator, bytes, sha256)
    }

    /// Whether the archive is the one that came from `url`, whole and unchanged.
    func describes(_ archive: String, from url: String) throws(StageError) -> Bool {
        guard self.url == url, FileIO.size(of: archive) == bytes else { return false }
        return try FileDigest.sha256(of: archive) == sha256
    }
}
