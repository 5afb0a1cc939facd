import PipelineCore

/// What `fetch_data` leaves beside a data set: what it is, where it comes from, and a check sum for every file.
struct DatasetManifest: Sendable, Hashable {
    static let fileName = "manifest.json"
    static let version = 1

    struct File: Sendable, Hashable {
        /// Relative to the manifest's folder.
        var path: String
        var bytes: Int
        var sha256: String
    }

    var format: CIFARFormat
    var isSynthetic: Bool
    /// What was asked for; the same request again finds its work done.
    var request: JSONObject
    /// What happened: the archive's check sums, and against what they were checked.
    var provenance: JSONObject
    var trainImages: Int
    var testImages: Int
    var files: [File]
    /// ISO 8601.
    var createdAt: String
}

extension DatasetManifest {
    var json: JSONValue {
        [
            "version": .int(Self.version), "dataset": .string(format.name), "format": .string(format.folder),
            "synthetic": .bool(isSynthetic), "request": .object(request), "provenance": .object(provenance),
            "classes": .int(format.classes), "train_images": .int(trainImages), "test_images": .int(testImages),
            "image_shape": [3, 32, 32],
            "files": .array(
                files.map { ["path": .string($0.path), "bytes": .int($0.bytes), "sha256": .string($0.sha256)] }),
            "created_at": .string(createdAt),
        ]
    }

    init?(json: JSONValue) {
        guard json["version"]?.intValue == Self.version,
            let format = json["dataset"]?.stringValue.flatMap({ CIFARFormat.named($0) }),
            let isSynthetic = json["synthetic"]?.boolValue, let request = json["request"]?.objectValue,
            let provenance = json["provenance"]?.objectValue, let trainImages = json["train_images"]?.intValue,
            let testImages = json["test_images"]?.intValue, let files = json["files"]?.arrayValue,
            let createdAt = json["created_at"]?.stringValue
        else { return nil }
        self.init(
            format: format, isSynthetic: isSynthetic, request: request, provenance: provenance,
            trainImages: trainImages, testImages: testImages, files: files.compactMap { File(json: $0) },
            createdAt: createdAt)
        guard self.files.count == files.count else { return nil }
    }

    /// The manifest in `directory`; `nil` when there is none.
    /// - Throws: ``StageError`` when there is one that cannot be read.
    static func load(from directory: String) throws(StageError) -> DatasetManifest? {
        let path = directory + "/" + fileName
        guard FileIO.exists(path) else { return nil }
        guard let json = try? JSONValue.parse(utf8: try FileIO.read(path, limit: 1 << 20)),
            let manifest = DatasetManifest(json: json)
        else {
            throw StageError(
                .corruptData, "\(path): not a manifest of version \(version); remove it and run fetch_data again")
        }
        return manifest
    }

    /// Why the files in `directory` are not those of the manifest; `nil` when they are.
    func difference(in directory: String) throws(StageError) -> String? {
        for file in files {
            let path = directory + "/" + file.path
            guard let size = FileIO.size(of: path) else { return "\(file.path) is missing" }
            guard size == file.bytes else { return "\(file.path) has \(size) bytes instead of \(file.bytes)" }
            guard try FileDigest.sha256(of: path) == file.sha256 else { return "\(file.path) has another check sum" }
        }
        return nil
    }
}

extension DatasetManifest.File {
    init?(json: JSONValue) {
        guard let path = json["path"]?.stringValue, let bytes = json["bytes"]?.intValue,
            let sha256 = json["sha256"]?.stringValue
        else { return nil }
        self.init(path: path, bytes: bytes, sha256: sha256)
    }
}
