import HTTPTransport
import PipelineCore

/// One run of `fetch_data` that has work to do. Everything is made in a staging folder; the data set and its manifest
/// take their places only when all is checked, the manifest last.
struct DatasetFetch {
    let options: FetchDataOptions
    let context: StageContext

    private var staging: String { options.out + "/.staging" }
    private var format: CIFARFormat { options.format }

    func run() async throws -> DatasetManifest {
        try FileIO.createDirectories(options.out)
        try FileIO.removeTree(staging)
        do {
            let manifest = try makeManifest(try await acquire())
            try install(manifest)
            return manifest
        } catch {
            // Half a data set is of no use to anybody; the reason for it is the error that counts.
            try? FileIO.removeTree(staging)
            throw error
        }
    }

    /// Puts the files into the staging folder.
    private func acquire() async throws -> JSONObject {
        switch options.source {
        case .synthetic(let set):
            context.progress.event("synthetic", ["train": .int(set.trainImages), "test": .int(set.testImages)])
            try set.write(to: staging + "/" + format.folder, cancellation: context.cancellation)
            return ["kind": "synthetic"]
        case .download(let url):
            return try await ArchiveDownload(url: url, options: options, context: context).run {
                archive throws(StageError) in
                try unpack(archive)
            }
        case .path(let path): return try acquire(from: path)
        }
    }

    private func acquire(from path: String) throws(StageError) -> JSONObject {
        if let archive = DatasetSource.archive(at: path, format) { return try unpack(archive) }
        guard let folder = DatasetSource.folder(at: path, format) else {
            throw StageError(
                .fileFailed,
                "parameter source: \(path) holds neither \(FileIO.lastComponent(of: format.url)) nor the files of "
                    + "\(format.name) (\(format.files.joined(separator: ", ")))")
        }
        try FileIO.createDirectories(staging + "/" + format.folder)
        for name in format.files { try copy(folder + "/" + name, to: staging + "/" + format.folder + "/" + name) }
        return ["kind": "folder", "location": .string(folder)]
    }

    private func copy(_ source: String, to destination: String) throws(StageError) {
        let reader = try FileReader(source)
        let writer = try FileWriter(destination)
        while try reader.next({ bytes throws(StageError) in try writer.write(bytes) }) {}
        try writer.finish()
    }

    /// Verifies and unpacks an archive.
    private func unpack(_ archive: String) throws(StageError) -> JSONObject {
        guard FileIO.size(of: archive) != nil else {
            throw StageError(.fileFailed, "parameter source: \(archive): no such file")
        }
        let sum = try FileDigest.md5(of: archive)
        if let wanted = options.md5, wanted != sum {
            throw StageError(
                .corruptData,
                "\(archive): its MD5 is \(sum), but \(options.md5Authority ?? "md5") says \(wanted); it is damaged or "
                    + "another version (md5=none unpacks it unchecked)")
        }
        if let wanted = options.sha256 { try check(archive, sha256: wanted) }
        let unpacker = ArchiveUnpacker(format: format, archive: archive, destination: staging)
        try unpacker.run(progress: context.progress, cancellation: context.cancellation)
        return [
            "kind": "archive", "location": .string(archive), "md5": .string(sum),
            "md5_checked_against": options.md5Authority.map { .string($0) } ?? .null,
            "md5_is_the_published_one": .bool(sum == format.md5),
        ]
    }

    private func check(_ archive: String, sha256 wanted: String) throws(StageError) {
        let sum = try FileDigest.sha256(of: archive)
        guard sum != wanted else { return }
        throw StageError(
            .corruptData,
            "\(archive): its SHA-256 is \(sum), but parameter sha256 says \(wanted); it is damaged or another version")
    }

    /// Checks every row and describes the files of the staging folder.
    private func makeManifest(_ provenance: JSONObject) throws(StageError) -> DatasetManifest {
        let folder = staging + "/" + format.folder
        let names = try LabelNames.read(folder + "/" + format.labelNamesFile, classes: format.classes)
        var images: [DatasetSplit: Int] = [:]
        for split in DatasetSplit.allCases {
            for name in format.files(of: split) {
                try context.cancellation.check()
                images[split, default: 0] += try CIFARRows(format: format, path: folder + "/" + name).forEach { _ in }
            }
        }
        return DatasetManifest(
            format: format, isSynthetic: SyntheticDataset.isMarked(names), request: options.request,
            provenance: provenance,
            trainImages: images[.train, default: 0], testImages: images[.test, default: 0],
            files: try files(in: folder), createdAt: context.clock.wall.now().apiFormat)
    }

    private func files(in folder: String) throws(StageError) -> [DatasetManifest.File] {
        var files: [DatasetManifest.File] = []
        for name in format.files {
            let path = folder + "/" + name
            let size = FileIO.size(of: path) ?? 0
            files.append(
                DatasetManifest.File(
                    path: format.folder + "/" + name, bytes: size, sha256: try FileDigest.sha256(of: path)))
        }
        return files
    }

    /// The old manifest and files go first, and the new manifest comes last: a crash between leaves no data set, never a
    /// wrong one. What else lies in the folder stays.
    private func install(_ manifest: DatasetManifest) throws(StageError) {
        let manifestPath = options.out + "/" + DatasetManifest.fileName
        let folder = options.out + "/" + format.folder
        try FileIO.removeTree(manifestPath)
        try FileIO.createDirectories(folder)
        for name in format.files { try FileIO.removeTree(folder + "/" + name) }
        for name in format.files {
            try FileIO.move(staging + "/" + format.folder + "/" + name, to: folder + "/" + name)
        }
        try FileIO.writeAtomically(manifest.json.serialized(.pretty) + "\n", to: manifestPath)
        try FileIO.removeTree(staging)
    }
}
