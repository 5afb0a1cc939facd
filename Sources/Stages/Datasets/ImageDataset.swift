package import PipelineCore

/// One part of a data set in memory: what training and inference read.
package struct ImageDataset: Sendable {
    package var format: CIFARFormat
    package var split: DatasetSplit
    /// The rows of the files, one after the other: label bytes, then 3072 bytes of pixels.
    package var rows: [UInt8]
    package var classNames: [String]
    /// Whether the images are made up; `nil` when no manifest says where they come from.
    package var isSynthetic: Bool?

    package var count: Int { rows.count / format.rowBytes }

    /// The class of an image.
    package func label(of image: Int) -> Int { Int(rows[image * format.rowBytes + format.labelBytes - 1]) }

    /// Red, green and blue plane of an image, each by rows.
    package func pixels(of image: Int) -> ArraySlice<UInt8> {
        rows[image * format.rowBytes + format.labelBytes..<(image + 1) * format.rowBytes]
    }

    /// What reports say about where the images come from.
    package var provenance: JSONObject {
        [
            "dataset": .string(format.name), "synthetic": isSynthetic.map { .bool($0) } ?? .null,
            "split": .string(split.rawValue), "images": .int(count),
        ]
    }
}

extension ImageDataset {
    /// Reads a part of the data set in `directory`: what `fetch_data` made, or an unpacked archive.
    /// - Parameter limit: images to read at most, from the start.
    package static func load(
        _ split: DatasetSplit, in directory: String, limit: Int? = nil
    ) throws(StageError) -> ImageDataset {
        let place = try DatasetPlace.find(in: directory)
        var bytes: [UInt8] = []
        for name in place.format.files(of: split) {
            let rows = CIFARRows(format: place.format, path: place.path(of: name))
            let wanted = (limit ?? .max) - bytes.count / place.format.rowBytes
            guard wanted > 0 else { break }
            bytes.reserveCapacity(bytes.count + min(wanted, try rows.count()) * place.format.rowBytes)
            _ = try rows.forEach(limit: wanted) { bytes.append(contentsOf: $0) }
        }
        let names = try LabelNames.read(
            place.path(of: place.format.labelNamesFile), classes: place.format.classes)
        return ImageDataset(
            format: place.format, split: split, rows: bytes, classNames: names,
            isSynthetic: place.manifest?.isSynthetic ?? (SyntheticDataset.isMarked(names) ? true : nil))
    }
}
