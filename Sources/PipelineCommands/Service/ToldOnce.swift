import Synchronization

/// Says a thing once, however often it comes up.
final class ToldOnce: Sendable {
    private let told = Mutex<Set<String>>([])

    /// Things that are remembered.
    private static let limit = 1_000

    func say(_ text: String) {
        let isNew = told.withLock { told in
            if told.count >= Self.limit { told = [] }
            return told.insert(text).inserted
        }
        if isNew { SchedulerLog().say(text) }
    }
}
