package import PipelineCore
import Synchronization

/// A launch has not ended in the time that it was given.
package struct Overdue: Error {
    package init() {}
}

/// A launch that was handed over.
package final class Launched: Sendable {
    package let task: Task<PodResult, any Error>
    private let over = Atomic(false)

    package init(_ task: Task<PodResult, any Error>) {
        self.task = task
        Task { [self] in
            _ = await task.result
            over.store(true, ordering: .releasing)
        }
    }

    package var isOver: Bool { over.load(ordering: .acquiring) }
}
