import PipelineCore
import Synchronization

/// Something that happens once.
final class Flag: Sendable {
    private let state = Atomic(false)
    var isRaised: Bool { state.load(ordering: .acquiring) }
    func raise() { state.store(true, ordering: .releasing) }
}

/// What was told, in order.
final class Warnings: Sendable {
    private let state = Mutex<[String]>([])
    var all: [String] { state.withLock { $0 } }
    func note(_ text: String) { state.withLock { $0.append(text) } }
}

extension JSONValue {
    var podName: String { self["metadata"]?["name"]?.stringValue ?? "" }
}
