package import ChildProcesses
package import K8sPodExecutor
package import PipelineCore

/// Runs launches as containers of podman on this machine: the pods of a cluster, where there is none.
package final class PodmanExecutor: PodLauncher {
    private let machine: PodmanMachine
    private let builder: PodBuilder
    private let installation: String

    /// - Parameters:
    ///   - settings: how pods are built; what is of a cluster only is not looked at.
    ///   - deviceLock: what all processes share that hand out devices of this machine.
    ///   - host: the name of this machine.
    ///   - warn: told of what goes wrong beside tasks, for people.
    package init(
        runner: any StreamingCommandRunner, settings: KubernetesSettings, specifications: CDISpecifications,
        deviceLock: any DeviceLock, host: String, clock: any Clock<Duration>, wallClock: any WallClock,
        warn: @escaping @Sendable (String) -> Void
    ) {
        machine = PodmanMachine(
            podman: Podman(runner: runner, clock: clock), specifications: specifications, deviceLock: deviceLock, host: host,
            finishedPodDelay: settings.finishedPodDelay, clock: clock, wallClock: wallClock, warn: warn)
        builder = PodBuilder(settings)
        installation = settings.installation
    }

    /// Asks podman for what the executor will need, so that a missing program or right is found out before anything is started.
    /// - Returns: what will not hold on this machine, for people; `nil`: nothing.
    /// - Throws: ``PodFailure`` `configuration` with the mend
    package func check() async throws -> String? {
        let info: PodmanInfo
        do {
            info = try await machine.podman.info()
        } catch let error as PodmanError {
            if error.isMissing { throw PodFailure(.configuration, PodmanFailures.missing) }
            throw PodFailure(
                .configuration,
                "\(error); podman info must work for this user: for one without root, that takes entries in /etc/subuid and "
                    + "/etc/subgid and the package uidmap")
        }
        if let problem = info.problem { throw PodFailure(.configuration, problem) }
        return info.warning
    }

    package func run(
        _ launch: TaskLaunch, attributes: JSONObject, reporter: any PodReporter
    ) async throws -> PodResult {
        var runs: [PodmanRun] = []
        // Only now: a restart must find every container of a launch that goes on.
        machine.janitor.begin(launch.id, of: launch.run.key)
        defer {
            let left = reporter.terminationReason == .shutdown ? [] : runs.filter(\.isToBeRemoved).map(\.pod)
            machine.janitor.settle(launch.id, left)
        }
        var request = try await latest(launch, attributes, reporter)
        while true {
            let run = PodmanRun(request, try translated(request), machine: machine, reporter: reporter)
            runs.append(run)
            let result = try await run.run()
            guard result.exitCode != 0, result.reason == PodExecutor.outOfMemory,
                let next = try following(request, launch, attributes)
            else { return result }
            reporter.say("Pod \(result.name) ran out of memory; the next one asks for more", isProblem: true)
            request = next
        }
    }

    package func endIsDurable(_ launch: LaunchID) { machine.janitor.endIsDurable(launch) }

    /// Removes what an earlier process has left of launches that nobody asks for any more. To be called once, at the start.
    /// - Parameter isOver: whether the store says that the launch of the task has ended; `false` where it does not know it.
    /// - Returns: how many pods went.
    /// - Throws: an error of podman's, or of `isOver`
    @discardableResult
    package func sweep(
        isOver: @Sendable (LaunchID, TaskInstanceKey) async throws -> Bool
    ) async throws -> Int {
        try await PodmanSweep(podman: machine.podman, janitor: machine.janitor)
            .run(installation: LabelValue.safe(installation), isOver: isOver)
    }

    /// A run that has had pods is over: they go, but for those that somebody wants to keep.
    /// - Throws: an error of podman's; what is left goes when this is called again.
    package func runEnded(_ run: RunKey) async throws {
        try await machine.janitor.runEnded(run, installation: LabelValue.safe(installation))
    }

    // MARK: - Requests

    /// The first pod of the launch, or the last that was made of those that followed for want of memory.
    private func latest(
        _ launch: TaskLaunch, _ attributes: JSONObject, _ reporter: any PodReporter
    ) async throws -> PodRequest {
        var request = try built(launch, attributes, 1)
        let records: [ContainerRecord]
        do {
            records = try await machine.containers(labels: PodmanLabels.launch(request.identity)) { reason in
                await reporter.waits(for: reason)
            }
        } catch let error as PodmanError {
            throw PodmanFailures.failure(error, pod: request.name)
        } catch {
            // An earlier process may have left containers that run.
            if reporter.terminationReason != .shutdown { await endAll(of: request, reporter) }
            throw error
        }
        let last = records.compactMap { $0.labels[PodNames.attempt].flatMap { Int($0) } }.max() ?? 1
        while request.identity.attempt < last, let next = try following(request, launch, attributes) { request = next }
        return request
    }

    private func endAll(of request: PodRequest, _ reporter: any PodReporter) async {
        // The task is cancelled; what ends containers must not be.
        await Task { [machine] in
            do {
                let records = try await machine.podman.containers(labels: PodmanLabels.launch(request.identity))
                try await machine.janitor.remove(records, graceSeconds: PodmanPod.usualGraceSeconds)
            } catch {
                reporter.say("Pod \(request.name) may be there and run on: \(error)", isProblem: true)
            }
        }.value
    }

    /// The pod after one that ran out of memory; `nil` where there is to be none.
    private func following(_ request: PodRequest, _ launch: TaskLaunch, _ attributes: JSONObject) throws -> PodRequest? {
        guard let memory = try request.memoryAfterShortage() else { return nil }
        return try built(launch, attributes, request.identity.attempt + 1).asking(memory: memory)
    }

    private func built(_ launch: TaskLaunch, _ attributes: JSONObject, _ attempt: Int) throws -> PodRequest {
        do {
            return try builder.build(launch, attributes: attributes, attempt: attempt)
        } catch let error as PodBuildError {
            throw PodFailure(.configuration, "the pod cannot be built: \(error)")
        }
    }

    private func translated(_ request: PodRequest) throws -> PodmanPod {
        do {
            return try PodTranslation(request, host: machine.host).translated()
        } catch let error as PodBuildError {
            throw PodFailure(.configuration, "the pod cannot run with podman: \(error)")
        }
    }
}
