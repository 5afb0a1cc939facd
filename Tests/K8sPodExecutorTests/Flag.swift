import PipelineCore
import Synchronization

/// Something that happens once.
final class Flag: Sendable {
    private let state = Atomic(false)
    var isRaised: Bool { state.load(ordering: .acquiring) }
    func raise() { state.store(true, ordering: .releasing) }
}

extension JSONValue {
    var podName: String { self["metadata"]?["name"]?.stringValue ?? "" }
}
