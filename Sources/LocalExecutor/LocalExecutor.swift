import CPosix
import Glibc
package import PipelineCore
import Synchronization

/// Runs launches as processes of this machine: stock operators without Python, everything else in the Task SDK's own
/// runner. Slots are the scheduler's business (``SchedulerLimits/parallelism``).
package final class LocalExecutor: Executor {
    private let native: NativeTaskRunner
    private let python: any TaskRunner
    private let service: any TaskService
    private let setup: LocalExecutorSetup
    private let launches = Mutex<[LaunchID: Running]>([:])

    private struct Running {
        let control: LaunchControl
        var task: Task<Void, Never>?
    }

    /// - Parameter python: runs what cannot run natively.
    package init(setup: LocalExecutorSetup, service: any TaskService, python: any TaskRunner) {
        self.setup = setup
        self.service = service
        self.python = python
        native = NativeTaskRunner(setup: setup, service: service)
    }

    package func launch(_ launch: TaskLaunch) async {
        // Whoever leads now has read of it in the store, and launches it.
        guard setup.isInForce() else { return }
        let control = LaunchControl(grace: setup.killGrace, clock: setup.clock)
        let isNew = launches.withLock { launches in
            guard launches[launch.id] == nil else { return false }
            launches[launch.id] = Running(control: control)
            return true
        }
        guard isNew else { return }
        // A launch lives as long as its process does, not as long as the scheduler's turn that began it.
        let task = Task { [self] in
            let end = await run(launch, control)
            launches.withLock { _ = $0.removeValue(forKey: launch.id) }
            await report(launch.id, end)
        }
        launches.withLock { $0[launch.id]?.task = task }
    }

    /// The rendered template fields of a task that is not run; `nil` when only Python can render them.
    /// - Throws: a description of the template that cannot be rendered.
    package func renderedFields(of launch: TaskLaunch) async throws -> JSONObject? {
        try await native.renderedFields(of: launch)
    }

    /// The rendered attributes of a KubernetesPodOperator, with its whole pod; `nil` for any other task, and for one that
    /// only Python can render.
    package func podAttributes(of launch: TaskLaunch) async throws -> JSONObject? {
        try await native.podAttributes(of: launch)
    }

    /// Whether the task runs a program, as far as can be said before its templates are rendered.
    package func needsProcess(_ launch: TaskLaunch) -> Bool {
        guard let native = launch.task.native, let operation = NativeOperations.known[native.operatorClass] else {
            return true
        }
        return operation.needsProcess || operation.operatorClass == KubernetesPodOperation.operatorClass
    }

    private func run(_ launch: TaskLaunch, _ control: LaunchControl) async -> RunnerEnd {
        if let end = await native.run(launch, control: control) { return end }
        return await python.run(launch, control: control)
    }

    package func terminate(_ id: LaunchID, reason: TerminationReason) async {
        launches.withLock { $0[id] }?.control.terminate(reason)
    }

    package func settle(_ leftovers: [TaskLaunch]) async {
        // Those whose process nobody wrote down: `pipeline` was killed just when it had started.
        // What this process has launched meanwhile is none of them.
        let leftovers = launches.withLock { known in leftovers.filter { known[$0.id] == nil } }
        let unknown = leftovers.filter { $0.instance.pid == nil && !native.outlivesPipeline($0) }
        LaunchMarker.endAll(of: unknown.map(\.id))
        for launch in leftovers {
            if native.outlivesPipeline(launch) {
                // It was a process of this machine before the settings said otherwise.
                Self.endLeftover(launch.instance)
                await self.launch(launch)
            } else if isElsewhere(launch.instance) {
                lose(launch, after: setup.killGrace + Self.fencing)
            } else {
                await reportLeftover(launch)
            }
        }
    }

    /// Ends what a killed `pipeline` has left on this machine of launches whose ends it had written down, not having seen their
    /// processes go: nothing else would look for them, and clearing such a task would have it run twice. What a task has left
    /// running that ended by itself is not touched.
    /// - Parameter endedTry: the try of a launch that has ended; `nil` for one that has not, and for one of somebody else.
    /// - Returns: how many launches that were.
    /// - Throws: errors of `endedTry`
    package func endLeftovers(_ endedTry: (LaunchID, TaskInstanceKey) async throws -> TaskInstance?) async throws -> Int {
        var left: [LaunchID] = []
        for (id, key) in LaunchMarker.launches() where launches.withLock({ $0[id] == nil }) {
            guard let instance = try await endedTry(id, key), Self.mayBeAlive(instance) else { continue }
            left.append(id)
        }
        LaunchMarker.endAll(of: left)
        return left.count
    }

    /// The process that its row names is there, or the row names none.
    private static func mayBeAlive(_ instance: TaskInstance) -> Bool {
        guard let pid = instance.pid, let known = instance.pidStartTime else { return true }
        return cposix_start_time(pid_t(pid)) == Int64(known)
    }

    private func reportLeftover(_ launch: TaskLaunch) async {
        Self.endLeftover(launch.instance)
        if setup.predecessorWasStopped {
            await service.stopped(launch.id, reason: "pipeline was stopped while it ran")
        } else {
            await service.lost(launch.id, reason: "the pipeline process that ran it has ended")
        }
    }

    /// How long a scheduler that was superseded may take to notice.
    private static let fencing = Duration.seconds(5)

    private func isElsewhere(_ instance: TaskInstance) -> Bool {
        let host = instance.hostname.isEmpty ? setup.predecessorHost : instance.hostname
        return host.map { $0 != setup.hostname } ?? false
    }

    /// On another machine nobody can look: its scheduler, if it lives, ends its tasks when it finds itself superseded, and is
    /// given the time.
    private func lose(_ launch: TaskLaunch, after delay: Duration) {
        Task { [service, setup] in
            try? await setup.clock.sleep(for: delay)
            let host = launch.instance.hostname.isEmpty ? setup.predecessorHost ?? "" : launch.instance.hostname
            await service.lost(launch.id, reason: "the pipeline process on \(host) that ran it was superseded")
        }
    }

    package func shutdown() async {
        let running = launches.withLock { Array($0.values) }
        for launch in running { launch.control.terminate(.shutdown) }
        for launch in running { await launch.task?.value }
    }

    /// KILL to every process tree, at once: for a program that is about to end itself.
    package func killAll() {
        for launch in launches.withLock({ Array($0.values) }) { launch.control.kill() }
    }

    private func report(_ id: LaunchID, _ end: RunnerEnd) async {
        switch end {
        case .outcome(let outcome): await service.ended(id, outcome)
        case .notStarted(let reason): await service.launchFailed(id, reason: reason)
        case .lost(let reason): await service.lost(id, reason: reason)
        case .leftRunning: break
        }
    }

    /// Ends what a killed `pipeline` left behind, if the process is still the one that the store knows.
    package static func endLeftover(_ instance: TaskInstance) {
        guard let pid = instance.pid, let known = instance.pidStartTime, pid > 1,
            cposix_start_time(pid_t(pid)) == Int64(known)
        else { return }
        _ = cposix_kill_group(pid_t(pid), SIGKILL)
    }
}
