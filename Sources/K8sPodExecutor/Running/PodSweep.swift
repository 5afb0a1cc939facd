import KubernetesClient
import PipelineCore

/// Finds, at the start of a process, pods of launches that nobody asks for any more: an earlier process ended after their
/// ends were in the store, and before their deletion.
struct PodSweep: Sendable {
    let board: PodBoard
    let janitor: PodJanitor

    /// - Parameter isOver: whether the store says that the launch of the task has ended; `false` where it does not know it:
    ///   what is unknown may be another's.
    /// - Returns: how many pods were deleted.
    func run(isOver: @Sendable (LaunchID, TaskInstanceKey) async throws -> Bool) async throws -> Int {
        let signal = Signal()
        let watch = "sweep/\(ObjectIdentifier(signal).hashValue)"
        board.watch(watch, signal)
        defer { board.forget(watch, signal) }
        while !board.isSynced {
            try Task.checkCancellation()
            await signal.wait()
        }
        var count = 0
        for entry in board.entries where entry.value.isToBeDeleted && !janitor.isInHand(entry.value.launch) {
            guard try await isOver(entry.value.launch, entry.value.task) else { continue }
            if await janitor.deleteSwept(entry) { count += 1 }
        }
        return count
    }
}
