import PipelineCore

/// A made-up data set in a real one's format, for machines without network and for tests. Each class is a smooth colour
/// pattern (classes of one superclass share a part of it); an image is its class's pattern, moved by up to three
/// pixels, with another contrast and brightness, and noise. A network learns it in a few epochs, and a guess stays at
/// chance.
///
/// The same values give the same bytes on every machine: integers and exactly rounded float operations only.
struct SyntheticDataset: Sendable, Hashable {
    var format: CIFARFormat
    var trainImages: Int
    var testImages: Int
    var seed: UInt64

    private static let mark = "synthetic_"

    /// Whether class names are those of a synthetic set: the mark survives archives and copies without a manifest.
    static func isMarked(_ classNames: [String]) -> Bool { classNames.allSatisfy { $0.hasPrefix(mark) } }

    /// Writes all files into `folder`.
    func write(to folder: String, cancellation: CancellationFlag) throws(StageError) {
        try FileIO.createDirectories(folder)
        let patterns = SyntheticPatterns(format: format, seed: seed)
        try write(.train, trainImages, patterns, folder, cancellation)
        try write(.test, testImages, patterns, folder, cancellation)
        try FileIO.writeAtomically(names(Self.mark, format.classes), to: folder + "/" + format.labelNamesFile)
        if let file = format.coarseLabelNamesFile {
            let groups = format.classes / format.classesPerCoarseClass
            try FileIO.writeAtomically(names(Self.mark + "group_", groups), to: folder + "/" + file)
        }
    }

    private func names(_ prefix: String, _ count: Int) -> String {
        (0..<count).map { "\(prefix)\($0.padded(count > 10 ? 2 : 1))\n" }.joined()
    }

    private func write(
        _ split: DatasetSplit, _ count: Int, _ patterns: SyntheticPatterns, _ folder: String,
        _ cancellation: CancellationFlag
    ) throws(StageError) {
        let files = format.files(of: split)
        var first = 0
        for (index, file) in files.enumerated() {
            let rows = count / files.count + (index < count % files.count ? 1 : 0)
            let writer = try FileWriter(folder + "/" + file)
            for image in first..<first + rows {
                try cancellation.check()
                try writer.write(row(image, of: split, patterns))
            }
            try writer.finish()
            first += rows
        }
    }

    /// Classes take turns, so that any number of rows is balanced.
    private func row(_ image: Int, of split: DatasetSplit, _ patterns: SyntheticPatterns) -> [UInt8] {
        let label = image % format.classes
        var random = StageRandom(seed: seed, split == .train ? 1 : 2, UInt64(image))
        var row: [UInt8] = []
        row.reserveCapacity(format.rowBytes)
        if format.labelBytes == 2 { row.append(UInt8(label / format.classesPerCoarseClass)) }
        row.append(UInt8(label))
        patterns.appendImage(of: label, to: &row, random: &random)
        return row
    }
}
