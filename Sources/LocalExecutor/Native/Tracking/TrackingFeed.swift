import PipelineCore
import Synchronization

/// Takes the tracking reports out of a program's output and brings them to the task service, in their order, while the
/// program runs.
///
/// A store that cannot be written holds nothing up: reports wait for the next attempt, which comes with the next
/// report and at the program's end. What cannot be stored even then is said in the task's log.
final class TrackingFeed: Sendable {
    /// Reports that may wait; what comes beyond is dropped, and the log says so.
    static let maximumWaiting = 100_000

    private struct State {
        var waiting: [TrackingReport] = []
        var dropped = 0
    }

    private let context: NativeContext
    private let state = Mutex(State())
    private let bell: AsyncStream<Void>
    private let ring: AsyncStream<Void>.Continuation

    init(_ context: NativeContext) {
        self.context = context
        (bell, ring) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    }

    /// What a program's environment needs so that it reports.
    static let environment = [TrackingReport.environmentName: TrackingReport.environmentValue]

    /// Takes a line of output if it is a report.
    /// - Returns: `false` for a line that belongs to the log.
    func take(_ line: String) -> Bool {
        guard TrackingReport.isReport(line) else { return false }
        do {
            let report = try TrackingReport(line: line)
            state.withLock { state in
                if state.waiting.count < Self.maximumWaiting {
                    state.waiting.append(report)
                } else {
                    state.dropped += 1
                }
            }
            ring.yield()
            return true
        } catch {
            context.log.write("A line looks like a tracking report, but \(error)", level: .warning)
            return false
        }
    }

    /// Writes reports until ``end()`` was called and all are written.
    func run() async {
        for await _ in bell { try? await write() }
        do { try await write() } catch {
            let count = state.withLock { $0.waiting.count }
            context.log.write("\(count) tracking reports could not be stored: \(error)", level: .error)
        }
        let dropped = state.withLock { $0.dropped }
        guard dropped > 0 else { return }
        context.log.write(
            "\(dropped) tracking reports were dropped: more than \(Self.maximumWaiting) waited for the database",
            level: .error)
    }

    /// The program has ended, nothing more comes.
    func end() { ring.finish() }

    private func write() async throws {
        let reports = state.withLock { $0.waiting }
        guard !reports.isEmpty else { return }
        let instance = context.launch.instance
        try await context.service.track(reports, of: instance.key, tryNumber: instance.tryNumber)
        state.withLock { $0.waiting.removeFirst(reports.count) }
    }
}
