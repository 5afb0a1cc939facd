/// Runs `work` in a task of its own, whose memory goes when it is done: a task keeps what its deepest call has taken until
/// it ends, which counts where thousands wait. A cancellation is passed on.
package func inBriefTask<Success: Sendable>(
    _ work: @escaping @Sendable () async throws -> Success
) async throws -> Success {
    let task = Task(operation: work)
    return try await withTaskCancellationHandler { try await task.value } onCancel: { task.cancel() }
}
