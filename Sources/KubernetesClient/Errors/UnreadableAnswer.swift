/// Why bytes of the API are not what they should be.
struct UnreadableAnswer: Error, CustomStringConvertible {
    var description: String

    init(_ description: String) { self.description = description }
}
