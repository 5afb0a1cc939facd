/// Extents of a tensor, slowest first. An empty shape is a scalar.
public struct Shape: Sendable, Hashable, ExpressibleByArrayLiteral, CustomStringConvertible {
    public let extents: [Int]

    public init(_ extents: [Int]) { self.extents = extents }

    public init(arrayLiteral elements: Int...) { extents = elements }

    /// Number of elements.
    public var count: Int { extents.reduce(1, *) }

    public var description: String { "[" + extents.map(String.init).joined(separator: ", ") + "]" }
}
