/// The shape of one image's activation, without the batch. A feature vector is 1 x 1 x features.
public struct FeatureShape: Sendable, Hashable, CustomStringConvertible {
    /// Rows; 1 for a vector.
    public let height: Int
    /// Columns; 1 for a vector.
    public let width: Int
    /// Values at each place.
    public let channels: Int

    /// Rows, columns and channels, each at least 1.
    public init(height: Int, width: Int, channels: Int) {
        self.height = height
        self.width = width
        self.channels = channels
    }

    /// Elements per image.
    public var count: Int { height * width * channels }

    /// Such as "32x32x3".
    public var description: String { "\(height)x\(width)x\(channels)" }
}
