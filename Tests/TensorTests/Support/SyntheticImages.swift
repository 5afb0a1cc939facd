import Tensor

/// Images that a small model can tell apart: each class has its own colour, under noise from a seed.
enum SyntheticImages {
    /// Rows in CIFAR-10's format, `classes` at most 160.
    static func rows(count: Int, classes: Int, seed: UInt64) -> [UInt8] {
        var generator = SplitMix64(seed: seed)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count * 3073)
        for index in 0..<count {
            let label = index % classes
            bytes.append(UInt8(label))
            for position in 0..<3072 { bytes.append(pixel(position, label, &generator)) }
        }
        return bytes
    }

    private static func pixel(_ position: Int, _ label: Int, _ generator: inout SplitMix64) -> UInt8 {
        let tint = UInt8((label * 67 * (position / 1024 + 1)) % 160)
        return UInt8(truncatingIfNeeded: generator.next() % 96) + tint
    }

    static func set(count: Int, classes: Int = 10, seed: UInt64 = 1) throws -> ImageSet {
        try ImageSet(
            rows: rows(count: count, classes: classes, seed: seed), rowBytes: 3073, labelOffset: 0, pixelOffset: 1,
            classes: classes)
    }
}
