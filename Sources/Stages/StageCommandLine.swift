import PipelineCore

/// `pipeline stage run`: reads parameters, runs the stage, delivers the result, and says how it went by its exit code.
package enum StageCommandLine {
    /// The stage did its work.
    package static let success: Int32 = 0
    /// The stage began its work and failed.
    package static let failure: Int32 = 1
    /// The command is wrong; nothing was begun (`EX_USAGE`).
    package static let misuse: Int32 = 64

    /// Runs the stage `name`.
    /// - Parameter sets: the `KEY=VALUE` texts of `--set`; they go before the object in `PIPELINE_PARAMS`.
    /// - Returns: the exit code.
    package static func run(
        name: String, sets: [String], registry: StageRegistry = .standard, host: StageHost
    ) async -> Int32 {
        let progress: any ProgressReporter =
            host.isTerminal
            ? TerminalProgress(writer: host.diagnostics, uptime: host.clock.uptime)
            : JSONLinesProgress(stage: name, writer: host.diagnostics, uptime: host.clock.uptime)
        do {
            let stage = try registry.stage(named: name)
            let parameters = try StageParameters.read(sets: sets, environment: host.environment, for: stage)
            try StageResult.prepare(host)
            let context = context(parameters, progress, on: host)
            if let values = parameters.json.objectValue { context.tracking.params(values) }
            // A task of its own, because only a handle can be cancelled from the signal's handler.
            let work = Task { try await stage.run(context) }
            host.cancellation.whenSet { work.cancel() }
            let result = try await work.value
            try StageResult(value: result).deliver(to: host)
            return success
        } catch {
            progress.finishLine()
            host.diagnostics.write("pipeline stage run \(name): error: \(error)\n")
            return (error as? StageError)?.code == .misuse ? misuse : failure
        }
    }

    private static func context(
        _ parameters: StageParameters, _ progress: any ProgressReporter, on host: StageHost
    ) -> StageContext {
        StageContext(
            parameters: parameters, environment: host.environment, clock: host.clock, progress: progress,
            cancellation: host.cancellation,
            tracking: StageTracking(environment: host.environment, writer: host.diagnostics),
            makeHTTPClient: host.makeHTTPClient)
    }
}
