import ChildProcesses
import KubernetesClient
import PipelineCore
import Synchronization

/// Brings the log of a container to the log of the try: followed while it runs, whole before the try ends.
final class PodmanLog: Sendable {
    private let podman: Podman
    private let record: ContainerRecord
    private let container: String
    private let reporter: any PodReporter
    private let clock: any Clock<Duration>
    private let state: Mutex<State>
    private let following = Mutex<Task<Void, Never>?>(nil)

    private struct State {
        var parser = ContainerLogParser()
        var tail: LogTail
    }

    /// A follower that ended by itself is not started again at once.
    private static let retryDelay: Duration = .seconds(1)

    /// - Parameters:
    ///   - container: its name in the pod.
    ///   - written: what an earlier process has written down of it.
    init(
        _ record: ContainerRecord, container: String, written: WrittenLines?, podman: Podman, reporter: any PodReporter,
        clock: any Clock<Duration>
    ) {
        self.record = record
        self.container = container
        self.podman = podman
        self.reporter = reporter
        self.clock = clock
        var tail = written.map {
            LogTail(newest: $0.newest, inSecond: $0.inNewestSecond, before: $0.inSecondBefore)
        } ?? LogTail()
        tail.beginAnswer()
        state = Mutex(State(tail: tail))
    }

    /// Follows in the background, until ``complete()`` or ``cancel()``.
    func begin() {
        following.withLock { task in
            task = task ?? Task { [self] in
                while !Task.isCancelled {
                    _ = try? await read(follow: true)
                    try? await clock.sleep(for: Self.retryDelay, tolerance: nil)
                }
            }
        }
    }

    func cancel() { following.withLock { $0 }?.cancel() }

    /// The container has ended: reads what is left.
    /// - Returns: whether the log is all there.
    func complete() async -> Bool {
        let task = following.withLock { $0.take() }
        task?.cancel()
        await task?.value
        do {
            let result = try await read(follow: false)
            guard result.exitCode == 0 || Task.isCancelled else { throw PodmanError(["tail"], result) }
        } catch {
            if Task.isCancelled { return false }
            reporter.say("The log of container \(container) cannot be read: \(error)", isProblem: true)
            return false
        }
        if Task.isCancelled { return false }
        state.withLock { state in
            var tail = state.tail
            state.parser.finish { deliver($0, &tail) }
            state.tail = tail
        }
        return true
    }

    private func read(follow: Bool) async throws -> CommandResult {
        let offset = state.withLock { $0.parser.consumed }
        return try await podman.log(record.logPath, from: offset, follow: follow) { [self] bytes in
            state.withLock { state in
                var tail = state.tail
                state.parser.feed(bytes) { deliver($0, &tail) }
                state.tail = tail
            }
        }
    }

    private func deliver(_ entry: LogEntry, _ tail: inout LogTail) {
        guard let new = tail.accept(line: entry) else { return }
        reporter.line(new.text, container: container, at: new.stamp.timestamp)
    }
}
