package import PipelineCore
import Synchronization

/// Writes down what is told of a pod.
package final class RecordingReporter: PodReporter {
    package struct Record: Sendable {
        package var hosts: [String] = []
        package var images: [String?] = []
        package var waits: [String?] = []
        package var lines: [String] = []
        package var notes: [String] = []
        package var termination: TerminationReason?
        package var written: WrittenLines?
        package var stamps: [Timestamp] = []
        package var isDead = false
    }

    private let state = Mutex(Record())

    package init() {}

    package var record: Record { state.withLock { $0 } }
    package var terminationReason: TerminationReason? { state.withLock { $0.termination } }
    package func terminate(_ reason: TerminationReason) { state.withLock { $0.termination = reason } }
    package func hasWritten(_ lines: WrittenLines?) { state.withLock { $0.written = lines } }

    /// The process of this reporter is gone: what comes after is written nowhere.
    package func die() {
        state.withLock { state in
            state.isDead = true
            state.termination = .shutdown
        }
    }

    /// What the next process finds in the log file.
    package var left: WrittenLines? {
        let stamps = record.stamps
        guard let newest = stamps.max() else { return record.written }
        let second = { (stamp: Timestamp) in stamp.microseconds / 1_000_000 }
        return WrittenLines(
            newest: newest, inNewestSecond: stamps.count { second($0) == second(newest) },
            inSecondBefore: stamps.count { second($0) == second(newest) - 1 })
    }

    package func started(host: String, image: String?) async {
        note { state in
            state.hosts.append(host)
            state.images.append(image)
        }
    }
    package func waits(for reason: String?) async { note { $0.waits.append(reason) } }
    package func line(_ text: String, container: String, at: Timestamp?) {
        note { state in
            state.lines.append(text)
            if let at { state.stamps.append(at) }
        }
    }
    package func say(_ text: String, isProblem: Bool) { note { $0.notes.append(text) } }
    package func written() -> WrittenLines? { state.withLock { $0.written } }

    private func note(_ change: (inout Record) -> Void) {
        state.withLock { state in if !state.isDead { change(&state) } }
    }
}
