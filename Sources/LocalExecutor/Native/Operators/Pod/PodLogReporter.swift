import PipelineCore

/// Brings what is told of a pod to the try's log and to the scheduler.
struct PodLogReporter: PodReporter {
    private let operation: KubernetesPodOperation
    private let feed: TrackingFeed
    private let context: NativeContext
    /// What the container's stage says of its failure.
    let stageError = StageErrorLine()

    init(_ operation: KubernetesPodOperation, _ feed: TrackingFeed, _ context: NativeContext) {
        self.operation = operation
        self.feed = feed
        self.context = context
    }

    var terminationReason: TerminationReason? { context.control.terminationReason }

    func started(host: String, image: String?) async { await context.started(onHost: host, image: image) }

    func waits(for reason: String?) async {
        if let reason { context.say("Waiting: \(reason)") }
        await context.service.waits(context.launch.id, reason: reason)
    }

    func line(_ text: String, container: String, at: Timestamp?) {
        stageError.look(at: text)
        guard !feed.take(text), operation.showsLogs else { return }
        let prefix = operation.prefixesLines ? "[\(container)] " : ""
        context.log.write(prefix + text, logger: KubernetesPodOperation.logger, at: at)
    }

    func say(_ text: String, isProblem: Bool) {
        context.log.write(text, level: isProblem ? .warning : .info, logger: context.operatorLogger)
    }

    func written() -> WrittenLines? {
        WrittenLog(store: context.setup.logs, path: context.launch.logPath).lines(of: KubernetesPodOperation.logger)
    }
}
