import Synchronization

/// Texts that many values have in common, each kept once. Forgets all when it has grown: values keep what they hold.
final class TextPool: Sendable {
    private let limit: Int
    private let texts = Mutex<Set<String>>([])

    /// - Parameter limit: texts at most.
    init(limit: Int = 4_096) { self.limit = limit }

    func shared(_ text: String) -> String {
        // Shorter ones have no memory of their own.
        guard text.utf8.count > 15 else { return text }
        return texts.withLock { texts in
            if let known = texts.first(equalTo: text) { return known }
            if texts.count >= limit { texts = [] }
            texts.insert(text)
            return text
        }
    }
}

extension Set {
    fileprivate func first(equalTo element: Element) -> Element? { firstIndex(of: element).map { self[$0] } }
}
