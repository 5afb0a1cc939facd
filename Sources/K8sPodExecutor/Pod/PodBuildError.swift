/// A pod that cannot be built from what its author wrote; names the field and the mend.
package struct PodBuildError: Error, Sendable, Hashable, CustomStringConvertible {
    package let field: String
    package let message: String

    package init(_ field: String, _ message: String) {
        self.field = field
        self.message = message
    }

    package var description: String { "\(field): \(message)" }
}
