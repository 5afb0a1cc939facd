/// Questions to people, and their answers.
package protocol HITLStore: Sendable {
    /// Puts a question; one that its try has put before is replaced, and its answer forgotten.
    /// - Throws: ``StoreError`` `notFound` when there is no such run.
    func saveHITLDetail(_ detail: HITLDetail) async throws
    func hitlDetail(tryID: UUID7) async throws -> HITLDetail?
    /// Oldest first.
    func hitlDetails(_ filter: HITLFilter) async throws -> [HITLDetail]
    /// Records an answer unless there is one: `false` then, and when there is no such question.
    func respond(_ response: HITLResponse, tryID: UUID7) async throws -> Bool
}

/// Which questions; all conditions hold together.
package struct HITLFilter: Sendable, Hashable {
    package var dagID: String?
    package var runID: String?
    package var taskID: String?
    /// Only those of these tries; empty: no condition.
    package var tryIDs: [UUID7] = []
    /// Only those that are answered, or only those that are not.
    package var isAnswered: Bool?

    package init() {}
}
