import PipelineCore

extension DatasetSource {
    /// Why what lies at a path is not what `manifest` was made from; `nil` when it is, or when nothing lies there any
    /// more. Bytes are compared: sizes and times of files that were copied say little.
    func difference(from manifest: DatasetManifest) throws(StageError) -> String? {
        guard case .path(let path) = self else { return nil }
        if let archive = Self.archive(at: path, manifest.format) {
            guard FileIO.exists(archive) else { return nil }
            let sum = manifest.provenance["md5"]?.stringValue
            return try FileDigest.md5(of: archive) == sum ? nil : "\(archive) is another archive than before"
        }
        guard let folder = Self.folder(at: path, manifest.format) else { return nil }
        for file in manifest.files {
            let source = folder + "/" + FileIO.lastComponent(of: file.path)
            if try FileDigest.sha256(of: source) != file.sha256 { return "\(source) is another file than before" }
        }
        return nil
    }

    /// The archive that `path` stands for: itself, or the authors' file in the folder; `nil` for a folder without.
    static func archive(at path: String, _ format: CIFARFormat) -> String? {
        guard FileIO.isDirectory(path) else { return path }
        let archive = path + "/" + FileIO.lastComponent(of: format.url)
        return FileIO.exists(archive) ? archive : nil
    }

    /// The folder at or in `path` that holds the data set's files.
    static func folder(at path: String, _ format: CIFARFormat) -> String? {
        [path + "/" + format.folder, path].first { DatasetPlace.holds(format, $0) }
    }
}
