/// A row of `variable`. The value is text; JSON variables hold JSON text.
package struct Variable: Sendable, Hashable {
    package var key: String
    package var value: String
    package var description: String?

    package init(key: String, value: String, description: String? = nil) {
        self.key = key
        self.value = value
        self.description = description
    }
}
