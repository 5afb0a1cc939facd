import K8sPodExecutor
import KubernetesClient
import PipelineCore
import Synchronization

/// What becomes of the pod, and of what it has left.
extension PodmanRun {
    /// Bytes of a result that are kept: one of so many is a cut one.
    private var resultLimit: Int { ResultLimits.bytes(request.plan) }

    /// Waits for the end of the base container, which comes at the latest when its time is over.
    func untilEnd(_ base: ContainerRecord) async throws -> ContainerRecord {
        guard let container = pod.base else { throw vanished }
        let timer = Task { try await endWhenOverdue(base) }
        defer { timer.cancel() }
        return try await ended(container)
    }

    private func endWhenOverdue(_ base: ContainerRecord) async throws {
        guard let seconds = pod.activeSeconds, let start = base.startedAt, !base.hasEnded else { return }
        let left = start + .seconds(seconds) - machine.wallClock.now()
        try await machine.clock.sleep(for: max(.zero, left), tolerance: nil)
        state.withLock { $0.isOverdue = true }
        do {
            try await machine.podman.stop([base.name], graceSeconds: pod.graceSeconds)
        } catch let error as PodmanError {
            reporter.say("The time of pod \(pod.name) is over, and it cannot be ended: \(error)", isProblem: true)
        }
    }

    /// The base container has ended: everything of it is read before anything else.
    func end(of record: ContainerRecord, _ log: PodmanLog) async throws -> PodResult {
        let sides = pod.containers.filter { $0.role == .side }.map(\.fullName)
        if !sides.isEmpty {
            try await machine.patiently(areThere: true, { await publish($0) }) {
                try await machine.podman.stop(sides, graceSeconds: pod.graceSeconds)
            }
        }
        let isLogWhole = await log.complete()
        try Task.checkCancellation()
        let result = try await result(record)
        state.withLock { $0.ending = (result.exitCode == 0, isLogWhole) }
        guard !state.withLock({ $0.isOverdue }) else {
            throw PodFailure(
                .timeout, "pod \(pod.name): it ran longer than activeDeadlineSeconds (\(pod.activeSeconds ?? 0)) allows")
        }
        return result
    }

    private func result(_ record: ContainerRecord) async throws -> PodResult {
        var result = PodResult(
            name: pod.name, namespace: request.namespace, exitCode: record.exitCode,
            reason: record.exitCode == 0 ? "Completed" : "Error", node: machine.host, imageID: record.imageID)
        if await wasOutOfMemory(record) {
            result.reason = PodExecutor.outOfMemory
            // As in a cluster, where a shell may hand another code on.
            if result.exitCode != 0 { result.exitCode = Self.killed }
        }
        if request.plan.pushesXCom {
            let bytes = try await machine.patiently(areThere: true, { await publish($0) }) {
                // A container that is gone has no result any more; only podman may say that it is.
                guard try await machine.podman.hasContainer(record.name) else { throw vanished }
                return try await machine.podman.file(PodDefaults.xcomPath, of: record.name, limit: resultLimit)
            }
            await publish(nil)
            result.result = bytes.map { String(decoding: $0, as: UTF8.self) }
            result.isResultCut = (bytes?.count ?? 0) >= resultLimit
        }
        return result
    }

    private static let killed = 137

    /// podman does not always see it (4.3 on cgroups v1 never does); the kernel's log tells then, where it may be read.
    private func wasOutOfMemory(_ record: ContainerRecord) async -> Bool {
        if record.isOutOfMemory { return true }
        guard record.exitCode == Self.killed, record.memoryLimit > 0 else { return false }
        guard let log = await machine.podman.kernelLog() else {
            reporter.say(
                "The container was killed, and podman does not say why. It had a limit of \(record.memoryLimit) bytes of memory; "
                    + "whether that was it stands in the kernel's log, which this user may not read (dmesg)", isProblem: true)
            return false
        }
        return KernelLog.hasKilled(record.id, in: log)
    }

    /// Whether the pod has ended and is to go: not where its author wants to see it, or its log could not be read.
    var isToBeRemoved: Bool {
        guard let ending = state.withLock({ $0.ending }), ending.isLogWhole else { return false }
        return request.plan.finishAction.deletes(success: ending.isSuccess)
    }

    /// No failed try leaves a container that runs, or one that never did.
    func cleanUp() async {
        guard state.withLock({ $0.ending }) == nil else { return await machine.devices.wake() }
        // Not even a cancellation keeps the pod from being ended.
        await Task { await removePod() }.value
    }

    /// Ends the pod of a launch that is not wanted any more, and waits until it is gone. A shutdown leaves pods alone:
    /// whoever comes next goes on with them.
    func endPod() async {
        guard reporter.terminationReason != .shutdown else {
            state.withLock { $0.log }?.cancel()
            return
        }
        await Task { await removePod() }.value
    }

    private func removePod() async {
        do {
            try await machine.podman.stop(pod.containers.map(\.fullName), graceSeconds: pod.graceSeconds)
            // What the container says when it is ended is worth most.
            _ = await state.withLock { $0.log }?.complete()
            try await machine.janitor.remove(pod, graceSeconds: pod.graceSeconds)
        } catch {
            reporter.say("Pod \(pod.name) cannot be removed, and may run on: \(error)", isProblem: true)
        }
        await machine.devices.wake()
    }
}
