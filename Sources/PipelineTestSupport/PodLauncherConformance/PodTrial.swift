import PipelineCore

/// One launch in the hands of one process.
struct PodTrial: Sendable {
    let world: any PodWorld
    let reporter: RecordingReporter
    let launched: Launched
    private let launcher: any PodLauncher
    private let launch: TaskLaunch
    private let attributes: JSONObject

    init(_ world: any PodWorld, _ behaviour: PodBehaviour) {
        self.init(
            world, world.newProcess(), world.launch("train"), world.attributes(for: behaviour), RecordingReporter())
    }

    /// The same launch in the next process, which finds the log of the one before.
    init(after other: PodTrial) {
        let reporter = RecordingReporter()
        reporter.hasWritten(other.reporter.left)
        self.init(other.world, other.world.newProcess(), other.launch, other.attributes, reporter)
    }

    /// The same launch in another process that lives, too.
    init(sharing other: PodTrial) {
        self.init(other.world, other.world.newProcess(), other.launch, other.attributes, RecordingReporter())
    }

    /// The same launch in the same process once more.
    init(again other: PodTrial) {
        self.init(other.world, other.launcher, other.launch, other.attributes, RecordingReporter())
    }

    private init(
        _ world: any PodWorld, _ launcher: any PodLauncher, _ launch: TaskLaunch, _ attributes: JSONObject,
        _ reporter: RecordingReporter
    ) {
        self.world = world
        self.reporter = reporter
        self.launcher = launcher
        self.launch = launch
        self.attributes = attributes
        launched = Launched(Task { try await launcher.run(launch, attributes: attributes, reporter: reporter) })
    }

    func result() async throws -> PodResult {
        guard await world.passes(until: { launched.isOver }) else {
            launched.task.cancel()
            throw ConformanceFailure(description: "the launch does not end: \(reporter.record.notes) \(reporter.record.waits)")
        }
        return try await launched.task.value
    }

    func untilLines(_ count: Int) async throws {
        guard await world.passes(until: { reporter.record.lines.count >= count || launched.isOver }),
            reporter.record.lines.count >= count
        else {
            throw ConformanceFailure(description: "no \(count) lines came: \(reporter.record)")
        }
    }

    /// The process ends; its pods are left alone.
    func die() async throws {
        reporter.die()
        launched.task.cancel()
        try await expectCancellation()
    }

    func expectCancellation() async throws {
        do {
            let result = try await result()
            throw ConformanceFailure(description: "it ended: \(result)")
        } catch is CancellationError {
        }
    }
}
