/// Strings that occur again and again in a document, each kept once: the names of the members of 10,000 tasks, their
/// classes and modules.
package final class JSONStrings {
    /// Shorter ones are stored in place, longer ones seldom occur twice.
    private static let lengths = 16...64

    private var known: Set<String> = []

    package init() {}

    func shared(_ text: String) -> String {
        guard Self.lengths.contains(text.utf8.count) else { return text }
        return known.insert(text).memberAfterInsert
    }
}
