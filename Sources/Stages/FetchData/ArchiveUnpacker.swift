/// Unpacks the files of a data set from its `.tar.gz` into a folder; anything else in the archive is passed over.
struct ArchiveUnpacker {
    let format: CIFARFormat
    let archive: String
    /// Where `format.folder` is made.
    let destination: String

    /// - Throws: ``StageError`` with `corruptData` for an archive that is damaged, unsafe or of another data set.
    func run(progress: any ProgressReporter, cancellation: CancellationFlag) throws(StageError) {
        try FileIO.createDirectories(destination + "/" + format.folder)
        let total = FileIO.size(of: archive)
        let reader = try FileReader(archive)
        let inflater = try GzipInflater(name: archive)
        var tar = TarReader(name: archive, receiver: MemberWriter(format: format, destination: destination))
        var done = 0
        while try reader.next({ bytes throws(StageError) in
            try cancellation.check()
            try inflater.inflate(bytes) { piece throws(StageError) in try tar.consume(piece) }
            done += bytes.count
            progress.position(ProgressPosition("unpack", completed: done, total: total, unit: "bytes"))
        }) {}
        try inflater.finish()
        try tar.finish()
        try checkComplete(tar.receiver.written)
    }

    private func checkComplete(_ written: Set<String>) throws(StageError) {
        let missing = format.files.filter { !written.contains($0) }
        guard !missing.isEmpty else { return }
        throw StageError(
            .corruptData,
            "\(archive): no \(format.folder)/\(missing.joined(separator: ", ")) in it; is it the binary archive of "
                + "\(format.name)? (dataset= says which one is expected)")
    }
}

/// Writes the wanted members of an archive.
private struct MemberWriter: TarReceiver {
    let format: CIFARFormat
    let destination: String
    private(set) var written: Set<String> = []
    private var current: (name: String, writer: FileWriter)?

    init(format: CIFARFormat, destination: String) {
        self.format = format
        self.destination = destination
    }

    mutating func begin(_ path: String, size: Int) throws(StageError) {
        guard let name = format.files.first(where: { path == format.folder + "/" + $0 }) else { return }
        current = (name, try FileWriter(destination + "/" + path))
    }

    mutating func receive(_ bytes: UnsafeRawBufferPointer) throws(StageError) { try current?.writer.write(bytes) }

    mutating func end() throws(StageError) {
        guard let (name, writer) = current else { return }
        try writer.finish()
        written.insert(name)
        current = nil
    }
}
