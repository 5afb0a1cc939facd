package import PipelineCore

/// One part of a data set in memory: what training and inference read.
package struct ImageDataset: Sendable {
    package var format: CIFARFormat
    package var split: DatasetSplit
    /// The class of each image.
    package var labels: [Int]
    /// All images one after the other, each 3072 bytes: red, green and blue plane by rows.
    package var pixels: [UInt8]
    package var classNames: [String]
    /// Whether the images are made up; `nil` when no manifest says where they come from.
    package var isSynthetic: Bool?

    package var count: Int { labels.count }

    package func pixels(of image: Int) -> ArraySlice<UInt8> {
        pixels[image * CIFARFormat.pixelBytes..<(image + 1) * CIFARFormat.pixelBytes]
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
        var labels: [Int] = []
        var pixels: [UInt8] = []
        for name in place.format.files(of: split) {
            let rows = CIFARRows(format: place.format, path: place.path(of: name))
            let wanted = (limit ?? .max) - labels.count
            guard wanted > 0 else { break }
            pixels.reserveCapacity(pixels.count + min(wanted, try rows.count()) * CIFARFormat.pixelBytes)
            _ = try rows.forEach(limit: wanted) { label, image in
                labels.append(label)
                pixels.append(contentsOf: image)
            }
        }
        let names = try LabelNames.read(
            place.path(of: place.format.labelNamesFile), classes: place.format.classes)
        return ImageDataset(
            format: place.format, split: split, labels: labels, pixels: pixels, classNames: names,
            isSynthetic: place.manifest?.isSynthetic)
    }
}
