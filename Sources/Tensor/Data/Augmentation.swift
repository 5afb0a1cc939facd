/// How training images are moved about. `standard` is the recipe of CIFAR: a random crop from the image with 4 black
/// pixels around it, and a flip of every second image.
public struct Augmentation: Sendable, Hashable {
    /// Largest shift in each direction, in pixels.
    public let padding: Int
    public let flips: Bool

    public init(padding: Int, flips: Bool) {
        self.padding = padding
        self.flips = flips
    }

    public static let standard = Augmentation(padding: 4, flips: true)
    public static let none = Augmentation(padding: 0, flips: false)

    /// (dy, dx, flip) of the image at `position` of step `step`.
    func placement(seed: UInt64, step: Int, position: Int) -> (Int32, Int32, Int32) {
        var generator = SplitMix64(seed: seed, 0x4155_474D, UInt64(step), UInt64(position))
        let span = UInt64(2 * padding + 1)
        let dy = Int32((generator.next() >> 32) % span) - Int32(padding)
        let dx = Int32((generator.next() >> 32) % span) - Int32(padding)
        return (dy, dx, flips ? Int32(generator.next() & 1) : 0)
    }
}
