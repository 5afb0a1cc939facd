import PipelineCore
import Synchronization

/// Collects the transactions that are asked for while one is being made durable, and runs them as one: the cost of a
/// commit is the wait for the disk, which all of a group share.
final class GroupCommitter: Sendable {
    /// Transactions of one group; bounds how long the first one waits for the last.
    static let maximumGroup = 256

    typealias Outcome = Result<[SQLResult], any Error>

    struct Request: Sendable {
        var operations: [SQLOperation]
        var isRepeatable: Bool
    }

    private struct Waiting: Sendable {
        var request: Request
        var answer: @Sendable (Outcome) -> Void
    }

    private let thread: WorkerThread
    private let perform: @Sendable ([Request]) -> [Outcome]
    private let waiting = Mutex<[Waiting]>([])

    /// `perform` runs on `thread` and gives one outcome for each request.
    init(thread: WorkerThread, perform: @escaping @Sendable ([Request]) -> [Outcome]) {
        self.thread = thread
        self.perform = perform
    }

    func submit(_ request: Request) async throws -> [SQLResult] {
        try await withCheckedThrowingContinuation { continuation in
            let isFirst = waiting.withLock { queue in
                queue.append(Waiting(request: request) { continuation.resume(with: $0) })
                return queue.count == 1
            }
            if isFirst, !thread.submit({ [self] in drain() }) { refuseAll() }
        }
    }

    private func refuseAll() {
        let refused = waiting.withLock { queue in
            defer { queue = [] }
            return queue
        }
        for item in refused { item.answer(.failure(WorkerThread.stopped)) }
    }

    private func drain() {
        while true {
            let group = waiting.withLock { queue in Array(queue.prefix(Self.maximumGroup)) }
            let outcomes = perform(group.map(\.request))
            let isDone = waiting.withLock { queue in
                queue.removeFirst(group.count)
                return queue.isEmpty
            }
            for (item, outcome) in zip(group, outcomes) { item.answer(outcome) }
            if isDone { return }
        }
    }
}
