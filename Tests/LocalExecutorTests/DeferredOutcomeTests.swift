import LocalExecutor
import PipelineCore
import Testing

@Suite struct DeferredOutcomeTests {
    @Test func aTaskThatNobodyWouldWakeFails() {
        let deferral = TaskOutcome.Deferral(
            triggerClass: "a.b.Trigger", triggerKwargs: [:], timeout: nil, nextMethod: "go_on", nextKwargs: [:])
        guard case .failed(let reason) = TaskOutcome.deferred(deferral).withoutTriggerer else {
            Issue.record("a deferred task would wait for ever")
            return
        }
        #expect(reason.contains("a.b.Trigger"))
        #expect(TaskOutcome.success().withoutTriggerer == .success())
    }
}
