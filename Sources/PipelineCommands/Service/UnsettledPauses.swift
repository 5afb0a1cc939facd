import Synchronization

/// DAGs whose schedule was told to the planners with a pause that was read some time before: what the store says now is
/// told after it, so that a pause which came in between is not lost.
final class UnsettledPauses: Sendable {
    private let dagIDs = Mutex<Set<String>>([])

    func add(_ new: [String]) { dagIDs.withLock { $0.formUnion(new) } }

    func take() -> Set<String> {
        dagIDs.withLock { dagIDs in
            defer { dagIDs = [] }
            return dagIDs
        }
    }
}
