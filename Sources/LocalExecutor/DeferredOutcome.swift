package import PipelineCore

extension TaskOutcome {
    /// What becomes of an outcome where no triggerer runs: a task that defers, or waits for a person, would wait for
    /// ever, so it fails with what is missing.
    package var withoutTriggerer: TaskOutcome {
        switch self {
        case .deferred(let deferral):
            .failed(
                reason: "it deferred to the trigger \(deferral.triggerClass), and this pipeline has no triggerer yet; "
                    + "set deferrable=False on the operator if it can wait by itself")
        case .awaitingInput:
            .failed(reason: "it waits for a person's input, which this pipeline cannot take yet")
        default: self
        }
    }
}
