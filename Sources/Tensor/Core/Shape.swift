/// Extents of a tensor, slowest first. An empty shape is a scalar.
public struct Shape: Sendable, Hashable, ExpressibleByArrayLiteral, CustomStringConvertible {
    /// Numbers of elements along each axis, slowest first.
    public let extents: [Int]

    /// A shape of these extents, none of which is negative.
    public init(_ extents: [Int]) { self.extents = extents }

    /// As `[64, 3, 3, 3]`.
    public init(arrayLiteral elements: Int...) { extents = elements }

    /// Number of elements.
    public var count: Int { extents.reduce(1, *) }

    /// Such as "[64, 3, 3, 3]".
    public var description: String { "[" + extents.map(String.init).joined(separator: ", ") + "]" }
}
