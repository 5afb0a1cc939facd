import HTTPTransport
import KubernetesClient
import PipelineCore
import Synchronization

/// Deletes pods whose end is in the store: by name and uid, so that a namesake is never touched, and off the way of results.
/// Until then a pod is the only witness of its result, and stays however long that takes.
final class PodJanitor: Sendable {
    /// What is known of a pod whose base container has ended.
    struct Ending: Sendable {
        var uid: String
        var isSuccess: Bool
        /// Its log is all there.
        var isLogWhole: Bool
        /// The container that keeps the result runs on until that is in the store.
        var hasSidecar = false
    }

    struct Leftover: Sendable {
        let pod: PodReference
        let ending: Ending
        /// Nobody may want to keep it: it runs, and should not.
        var isUnwanted = false

        /// As its author wants; it stays where its log could not be read.
        var isToGo: Bool {
            isUnwanted || ending.isLogWhole && pod.plan.finishAction.deletes(success: ending.isSuccess)
        }
    }

    private struct State {
        var ledger = LaunchLedger<Leftover>()
        /// Deletions to come, by run: one that ends first takes all its pods at once.
        var due: [RunKey: [UInt64: (leftover: Leftover, task: Task<Void, Never>)]] = [:]
        var nextNumber: UInt64 = 0
    }

    private let client: KubernetesAPI
    private let connector: any ByteStreamConnector
    private let board: PodBoard
    private let clock: any Clock<Duration>
    private let delay: Duration
    /// Told of pods that cannot be deleted, for people.
    private let warn: @Sendable (String) -> Void
    private let state = Mutex(State())
    /// A few at a time: creations go first.
    private let lanes = FIFOSemaphore(permits: 4)

    init(
        client: KubernetesAPI, connector: any ByteStreamConnector, board: PodBoard, clock: any Clock<Duration>,
        delay: Duration, warn: @escaping @Sendable (String) -> Void
    ) {
        self.client = client
        self.connector = connector
        self.board = board
        self.clock = clock
        self.delay = delay
        self.warn = warn
    }

    // MARK: - Launches

    func begin(_ launch: LaunchID, of run: RunKey) { state.withLock { $0.ledger.begin(launch, of: run) } }

    func isInHand(_ launch: LaunchID) -> Bool { state.withLock { $0.ledger.isInHand(launch) } }

    /// The launch is over, and its results were read.
    /// - Parameter leftovers: its pods; none at a shutdown, which leaves them to who comes next.
    func settle(_ launch: LaunchID, _ leftovers: [(PodReference, Ending)]) {
        let left = leftovers.map { Leftover(pod: $0.0, ending: $0.1) }
        for leftover in state.withLock({ $0.ledger.settle(launch, left) }) { schedule(leftover, after: delay) }
    }

    /// The ends of this launch, and of earlier ones of the same try, are in the store.
    func endIsDurable(_ launch: LaunchID) {
        for leftover in state.withLock({ $0.ledger.endIsDurable(launch) }) { schedule(leftover, after: delay) }
    }

    // MARK: - Deletions to come

    /// A pod that should be gone, and could not be deleted: that is tried on, and told.
    func chase(_ pod: PodReference, uid: String) {
        let ending = Ending(uid: uid, isSuccess: false, isLogWhole: true)
        schedule(Leftover(pod: pod, ending: ending, isUnwanted: true), after: nil)
    }

    /// The same where nobody knows whether there is one.
    func chase(_ pod: PodReference) {
        Task { [self] in
            await Persistence(clock: clock, warn: warn).run { [self] in
                do throws(KubernetesError) {
                    guard let uid = try await uid(of: pod) else { return nil }
                    return await deleteNow(pod.name, namespace: pod.namespace, uid: uid).map { Self.problem(pod, $0) }
                } catch {
                    return Self.problem(pod, error.message)
                }
            }
        }
    }

    private static func problem(_ pod: PodReference, _ reason: String) -> String {
        "pod \(pod.name) in namespace \(pod.namespace) cannot be deleted, which is tried again: \(reason)"
    }

    private func schedule(_ leftover: Leftover, after delay: Duration?, told: String? = nil) {
        state.withLock { state in
            state.nextNumber += 1
            let number = state.nextNumber
            let task = Task { [self] in
                await remove(leftover, after: delay, told: told)
                done(leftover.pod.run, number)
            }
            state.due[leftover.pod.run, default: [:]][number] = (leftover, task)
        }
    }

    private func done(_ run: RunKey, _ number: UInt64) {
        state.withLock { state in
            guard !Task.isCancelled else { return }
            state.due[run]?[number] = nil
            if state.due[run]?.isEmpty == true { state.due[run] = nil }
        }
    }

    /// - Parameter delay: `nil`: it was tried a moment ago.
    private func remove(_ leftover: Leftover, after delay: Duration?, told: String?) async {
        // Its devices are wanted by others, whatever becomes of the pod.
        _ = await endSidecar(leftover.pod, leftover.ending)
        await Persistence(clock: clock, warn: warn).run(after: delay, told: told) { await removeOnce(leftover) }
    }

    /// It stays where somebody wants to see it; never where a container of it runs on.
    /// - Returns: why it could not be deleted.
    private func removeOnce(_ leftover: Leftover, sidecarHasEnded: Bool = false) async -> String? {
        let uid = leftover.ending.uid
        guard leftover.isToGo || !sidecarHasEnded && !board.isTerminal(uid: uid) else { return nil }
        guard (try? await lanes.acquire()) != nil else { return nil }
        defer { lanes.release() }
        let pod = leftover.pod
        return await deleteNow(pod.name, namespace: pod.namespace, uid: uid, retry: RetryPolicy()).map {
            Self.problem(pod, $0)
        }
    }

    // MARK: - Sidecars

    /// A connection that fails is tried again so often; a pod whose sidecar cannot be ended goes.
    private static let endings = 4

    /// Ends the container that has kept the result, so that the pod ends and its devices are free.
    /// - Returns: whether nothing of it runs on.
    func endSidecar(_ pod: PodReference, _ ending: Ending) async -> Bool {
        guard ending.hasSidecar else { return board.isTerminal(uid: ending.uid) }
        let commands = SidecarCommands(client: client, connector: connector, pod: pod)
        var delay: Duration = .seconds(1)
        for _ in 0..<Self.endings {
            guard board.hasSidecar(uid: ending.uid), await commands.end() != nil else { return true }
            guard (try? await clock.sleep(for: delay, tolerance: nil)) != nil else { return false }
            delay *= 2
        }
        return await deleteNow(pod.name, namespace: pod.namespace, uid: ending.uid, retry: RetryPolicy()) == nil
    }

    // MARK: - The end of a run

    /// The run is over: pods that its owner takes along need no call; the others go now.
    /// - Parameter hasOwnerGone: `false`: nothing is taken along, and what is to come comes later.
    /// - Throws: ``PodsLeft``; what is left is tried on.
    func finish(_ run: RunKey, hasOwnerGone: Bool) async throws(PodsLeft) {
        let due = take(run) { !$0.pod.plan.hasOwner || hasOwnerGone }
        let problems = await withTaskGroup(of: (Leftover, String)?.self) { group in
            for leftover in due where !leftover.pod.plan.hasOwner {
                group.addTask { [self] in await finished(leftover).map { (leftover, $0) } }
            }
            var problems: [(Leftover, String)] = []
            for await problem in group { if let problem { problems.append(problem) } }
            return problems
        }
        guard !problems.isEmpty else { return }
        for (leftover, problem) in problems { schedule(leftover, after: nil, told: problem) }
        throw PodsLeft(problems.map(\.1))
    }

    private func finished(_ leftover: Leftover) async -> String? {
        let hasEnded = await endSidecar(leftover.pod, leftover.ending)
        return await removeOnce(leftover, sidecarHasEnded: leftover.ending.hasSidecar && hasEnded)
    }

    private func take(_ run: RunKey, where isMeant: (Leftover) -> Bool) -> [Leftover] {
        state.withLock { state in
            let meant = (state.due[run] ?? [:]).filter { isMeant($0.value.leftover) }
            for (number, deletion) in meant {
                deletion.task.cancel()
                state.due[run]?[number] = nil
            }
            if state.due[run]?.isEmpty == true { state.due[run] = nil }
            return meant.values.map(\.leftover)
        }
    }

    // MARK: - Pods

    /// An API that is away is asked again and again, for so long.
    private static let patience = RetryPolicy(attempts: 60, deadline: .seconds(600))

    /// Whatever has become of the pod, nothing of it runs on.
    /// - Returns: why it could not be deleted; `nil`: it was, or is not there any more.
    func deleteNow(
        _ name: String, namespace: String, uid: String, retry: RetryPolicy = patience
    ) async -> String? {
        do {
            try await client.delete(
                .pods, name, namespace: namespace, options: KubernetesAPI.DeleteOptions(uid: uid), retry: retry)
            return nil
        } catch {
            // A namesake with another uid (`conflict`) means that ours is gone.
            return error.kind == .notFound || error.kind == .conflict ? nil : error.message
        }
    }

    /// Deletes a pod that an earlier process has left.
    /// - Returns: whether it is gone; if not, that is told.
    func deleteSwept(_ entry: ResourceCache<PodSnapshot>.Entry) async -> Bool {
        guard let problem = await deleteNow(entry.name, namespace: entry.namespace, uid: entry.uid) else { return true }
        warn("Pod \(entry.name) in namespace \(entry.namespace) is over and cannot be deleted: \(problem)")
        return false
    }

    /// The uid of the launch's pod, whoever has made it; `nil` where there is none.
    /// - Throws: ``KubernetesError``
    func uid(of reference: PodReference) async throws(KubernetesError) -> String? {
        do throws(KubernetesError) {
            let pod = try await client.get(
                .pods, reference.name, namespace: reference.namespace, retry: Self.patience)
            guard let snapshot = PodSnapshot(pod, pool: TextPool()), snapshot.belongs(to: reference.identity)
            else { return nil }
            return PodView(json: pod).uid
        } catch {
            guard error.kind == .notFound else { throw error }
            return nil
        }
    }
}
