/// How training images are moved about. `standard` is the recipe of CIFAR: a random crop from the image with 4 black
/// pixels around it, and a flip of every second image.
public struct Augmentation: Sendable, Hashable {
    /// Largest shift in each direction, in pixels.
    public let padding: Int
    /// Whether every second image, by chance, is mirrored left to right.
    public let flips: Bool

    /// Side of the square that is greyed out at a random place of each image, in pixels (DeVries & Taylor 2017); 0 for
    /// none. Common: 16 for CIFAR-10, 8 for CIFAR-100.
    public let cutout: Int

    /// `padding` and `cutout` in pixels; a trainer refuses those outside 0...1024.
    public init(padding: Int, flips: Bool, cutout: Int = 0) {
        self.padding = padding
        self.flips = flips
        self.cutout = cutout
    }

    /// Shifts of up to 4 pixels and flips, no cutout.
    public static let standard = Augmentation(padding: 4, flips: true)
    /// Images as they are.
    public static let none = Augmentation(padding: 0, flips: false)

    /// (dy, dx, flip) of the image at `position` of step `step`.
    func placement(seed: UInt64, step: Int, position: Int) -> (Int32, Int32, Int32) {
        var generator = SplitMix64(seed: seed, 0x4155_474D, UInt64(step), UInt64(position))
        let span = UInt64(2 * padding + 1)
        let dy = Int32((generator.next() >> 32) % span) - Int32(padding)
        let dx = Int32((generator.next() >> 32) % span) - Int32(padding)
        return (dy, dx, flips ? Int32(generator.next() & 1) : 0)
    }

    /// First row and column of the square of the image at `position` of step `step`. Its centre is uniform over the
    /// image, so a part of it may lie outside.
    func cutoutPlace(seed: UInt64, step: Int, position: Int, shape: FeatureShape) -> (Int32, Int32) {
        var generator = SplitMix64(seed: seed, 0x4355_544F, UInt64(step), UInt64(position))
        let row = Int((generator.next() >> 32) % UInt64(shape.height)) - cutout / 2
        let column = Int((generator.next() >> 32) % UInt64(shape.width)) - cutout / 2
        return (Int32(row), Int32(column))
    }
}
