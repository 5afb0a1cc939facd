/// Where the files of a data set lie, and which format they have.
struct DatasetPlace {
    var format: CIFARFormat
    /// The folder of the files.
    var folder: String
    /// What `fetch_data` wrote about them, when it made them.
    var manifest: DatasetManifest?

    func path(of name: String) -> String { folder + "/" + name }

    /// Looks for a data set in `directory`: by its manifest, else by the names of the files in it or in the folder that
    /// the authors' archives contain.
    static func find(in directory: String) throws(StageError) -> DatasetPlace {
        guard FileIO.isDirectory(directory) else {
            throw StageError(.fileFailed, "\(directory): no such folder; run fetch_data with out=\(directory) first")
        }
        if let manifest = try DatasetManifest.load(from: directory) {
            let folder = directory + "/" + manifest.format.folder
            return DatasetPlace(format: manifest.format, folder: folder, manifest: manifest)
        }
        for format in CIFARFormat.all {
            for folder in [directory + "/" + format.folder, directory] where holds(format, folder) {
                return DatasetPlace(format: format, folder: folder, manifest: nil)
            }
        }
        throw StageError(
            .fileFailed,
            "\(directory): neither \(DatasetManifest.fileName) nor the files of CIFAR-10 or CIFAR-100; run "
                + "fetch_data with out=\(directory) first")
    }

    static func holds(_ format: CIFARFormat, _ folder: String) -> Bool {
        format.files.allSatisfy { FileIO.size(of: folder + "/" + $0) != nil }
    }
}
