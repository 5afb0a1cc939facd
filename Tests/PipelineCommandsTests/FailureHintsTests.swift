import PipelineCore
import Testing

@testable import PipelineCommands

@Suite struct FailureHintsTests {
    private func instance(_ task: String, _ state: TaskState, map: Int = -1, reason: String? = nil) -> TaskInstance {
        let key = TaskInstanceKey(run: RunKey(dagID: "d", runID: "r"), taskID: task, mapIndex: map)
        var instance = TaskInstance(id: UUID7(high: 1, low: 2), key: key)
        (instance.state, instance.reason) = (state, reason)
        return instance
    }

    @Test func eachFailedTaskHasItsReasonAndItsLog() {
        let hints = FailureHints([
            instance("a", .success), instance("check", .failed, reason: "check_metrics: too low\nPod check failed."),
            instance("m", .failed, map: 3), instance("z", .upstreamFailed),
        ])
        #expect(
            hints.lines == [
                "check failed: check_metrics: too low", "  its log: pipeline tasks logs d r check",
                "m[3] failed: no reason is known", "  its log: pipeline tasks logs d r m --map-index 3",
            ])
    }

    @Test func manyFailedTasksAreCounted() {
        let hints = FailureHints((0..<8).map { instance("m", .failed, map: $0) })
        #expect(hints.lines.count == 2 * FailureHints.limit + 1 && hints.lines.last == "3 further tasks failed.")
    }
}
