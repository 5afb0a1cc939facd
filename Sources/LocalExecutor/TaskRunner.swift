package import PipelineCore

/// Runs one launch to its end, by whatever means.
package protocol TaskRunner: Sendable {
    /// Tells `service` of the start, and returns how the launch ended.
    func run(_ launch: TaskLaunch, control: LaunchControl) async -> RunnerEnd
}

/// What a runner can say of a launch.
package enum RunnerEnd: Sendable, Hashable {
    case outcome(TaskOutcome)
    /// It could not be started at all.
    case notStarted(reason: String)
    /// It ended without a word: the infrastructure's fault.
    case lost(reason: String)
    /// It goes on without this process, and the next one goes on with it: nothing is to be reported.
    case leftRunning
}
