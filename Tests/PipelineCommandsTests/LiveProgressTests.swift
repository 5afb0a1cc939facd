import PipelineCore
import Synchronization
import Testing

@testable import PipelineCommands

/// What a terminal shows of a run. The screen is read back from what is written, as a terminal would.
@Suite struct LiveProgressTests {
    /// A terminal that knows the two movements that are used.
    final class Screen: Sendable {
        private let rows = Mutex<[String]>([])

        func write(_ text: String) {
            rows.withLock { rows in
                var rest = text[...]
                if rest.hasPrefix("\u{1B}["), let end = rest.firstIndex(of: "F") {
                    rows.removeLast(Int(rest[rest.index(rest.startIndex, offsetBy: 2)..<end]) ?? 0)
                    rest = rest[rest.index(after: end)...]
                }
                rows += rest.dropFirst("\u{1B}[J".count).split(separator: "\n").map(String.init)
            }
        }

        var lines: [String] { rows.withLock { $0 } }
    }

    private let screen = Screen()
    private let start = Timestamp(seconds: 1_000)

    private func progress(columns: Int = 80) -> LiveProgress {
        LiveProgress(started: start, colour: false, columns: columns) { [screen] in screen.write($0) }
    }

    private func instance(_ id: String, _ state: TaskState, from seconds: Double = 0, to end: Double? = nil) -> TaskInstance {
        let key = TaskInstanceKey(run: RunKey(dagID: "d", runID: "r"), taskID: id)
        var random = SystemRandomNumberGenerator()
        var instance = TaskInstance(id: UUID7(at: start, using: &random), key: key)
        instance.state = state
        instance.tryNumber = 1
        instance.startDate = start + .seconds(seconds)
        instance.endDate = end.map { start + .seconds($0) }
        return instance
    }

    @Test func oneLineATaskWhichChangesInPlace() {
        let progress = progress()
        progress.tick(at: start)
        #expect(screen.lines.isEmpty)
        progress.committed([.saveTask(instance("a", .running)), .saveTask(instance("b", .queued))], at: start)
        #expect(screen.lines == ["00:00.0  running          a  00:00.0"])
        progress.tick(at: start + .seconds(2))
        #expect(screen.lines == ["00:02.0  running          a  00:02.0"])
        progress.committed(
            [.saveTask(instance("b", .running, from: 2)), .saveTask(instance("a", .success, to: 3))],
            at: start + .seconds(3))
        #expect(screen.lines == ["00:03.0  success          a  3.000 s", "00:03.0  running          b  00:01.0"])
        progress.committed([.saveTask(instance("b", .failed, from: 2, to: 4))], at: start + .seconds(4))
        progress.finish(at: start + .seconds(4))
        #expect(screen.lines == ["00:03.0  success          a  3.000 s", "00:04.0  failed           b  2.000 s"])
    }

    @Test func manyAtOnceAreCountedAndNoneThatEndedIsLost() {
        let progress = progress()
        progress.committed((0..<20).map { .saveTask(instance("t\($0)", .running)) }, at: start)
        #expect(screen.lines.count == LiveProgress.maximumLive + 1)
        #expect(screen.lines.last == "         and 8 more in work, 0 ended")
        // Too soon after the last drawing to be drawn itself.
        for index in 0..<20 {
            progress.committed([.saveTask(instance("t\(index)", .success, to: 0.01))], at: start + .milliseconds(10))
        }
        progress.finish(at: start + .seconds(1))
        #expect(screen.lines.count == 20)
    }

    @Test func longLinesAreCutAndWordsOfTheProgramStay() {
        let progress = progress(columns: 40)
        var failed = instance("a", .failed, to: 1)
        failed.reason = String(repeating: "very ", count: 50)
        progress.committed([.saveTask(instance("b", .running)), .saveTask(failed)], at: start + .seconds(1))
        progress.say("Ending the run")
        #expect(screen.lines.allSatisfy { $0.count < 40 })
        #expect(screen.lines[1] == "Ending the run")
        #expect(screen.lines[2].hasPrefix("00:01.0  running          b"))
    }
}
