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
    }

    private struct Leftover: Sendable {
        let pod: PodReference
        let ending: Ending
    }

    private struct State {
        /// Launches that are run at the moment, or have left something that is not to be deleted yet.
        var tries: [UUID7: [Launch]] = [:]
        /// Deletions to come, by run: one that ends first takes all its pods at once.
        var due: [RunKey: [UInt64: (leftover: Leftover, task: Task<Void, Never>)]] = [:]
        var nextNumber: UInt64 = 0
    }

    private struct Launch {
        let number: Int
        var isInHand = true
        /// Its end is in the store.
        var isSaved = false
        var leftovers: [Leftover] = []
    }

    private let client: KubernetesAPI
    private let board: PodBoard
    private let clock: any Clock<Duration>
    private let delay: Duration
    private let state = Mutex(State())
    /// A few at a time: creations go first.
    private let lanes = FIFOSemaphore(permits: 4)

    init(client: KubernetesAPI, board: PodBoard, clock: any Clock<Duration>, delay: Duration) {
        self.client = client
        self.board = board
        self.clock = clock
        self.delay = delay
    }

    // MARK: - Launches

    func begin(_ launch: LaunchID) {
        state.withLock { $0.tries[launch.tryID, default: []].append(Launch(number: launch.number)) }
    }

    func isInHand(_ launch: LaunchID) -> Bool {
        state.withLock { $0.tries[launch.tryID]?.contains { $0.number == launch.number } ?? false }
    }

    /// The launch is over, and its results were read.
    /// - Parameter leftovers: its pods; none at a shutdown, which leaves them to who comes next.
    func settle(_ launch: LaunchID, _ leftovers: [(PodReference, Ending)]) {
        change(launch.tryID) { known in
            guard known.number == launch.number, known.isInHand else { return }
            known.isInHand = false
            known.leftovers = leftovers.map { Leftover(pod: $0.0, ending: $0.1) }
        }
    }

    /// The ends of this launch, and of earlier ones of the same try, are in the store.
    func endIsDurable(_ launch: LaunchID) {
        change(launch.tryID) { known in if known.number <= launch.number { known.isSaved = true } }
    }

    /// Changes what is known of a try's launches; those of which nothing is left to be waited for are done with.
    private func change(_ tryID: UUID7, _ body: (inout Launch) -> Void) {
        let leftovers = state.withLock { state -> [Leftover] in
            guard var launches = state.tries[tryID] else { return [] }
            for index in launches.indices { body(&launches[index]) }
            let isDone = { (launch: Launch) in !launch.isInHand && (launch.isSaved || launch.leftovers.isEmpty) }
            let done = launches.filter(isDone).flatMap(\.leftovers)
            launches.removeAll(where: isDone)
            state.tries[tryID] = launches.isEmpty ? nil : launches
            return done
        }
        schedule(leftovers)
    }

    private func schedule(_ leftovers: [Leftover]) {
        for leftover in leftovers {
            state.withLock { state in
                state.nextNumber += 1
                let task = deletion(of: leftover, state.nextNumber)
                state.due[leftover.pod.run, default: [:]][state.nextNumber] = (leftover, task)
            }
        }
    }

    private func deletion(of leftover: Leftover, _ number: UInt64) -> Task<Void, Never> {
        Task { [self] in
            guard (try? await clock.sleep(for: delay, tolerance: nil)) != nil else { return }
            await deleteUnlessKept(leftover, Self.patience)
            state.withLock { _ = $0.due[leftover.pod.run]?.removeValue(forKey: number) }
        }
    }

    /// It stays where its author wants to see it, or where its log could not be read; never where a container of it runs on.
    private func deleteUnlessKept(_ leftover: Leftover, _ retry: RetryPolicy) async {
        let (pod, ending) = (leftover.pod, leftover.ending)
        let isWanted = ending.isLogWhole && pod.plan.finishAction.deletes(success: ending.isSuccess)
        guard isWanted || !board.isTerminal(uid: ending.uid) else { return }
        guard (try? await lanes.acquire()) != nil else { return }
        await deleteNow(pod.name, namespace: pod.namespace, uid: ending.uid, retry: retry)
        lanes.release()
    }

    /// The run is over: pods that its owner takes along need no call; the others go now.
    func finish(_ run: RunKey) async {
        let due = state.withLock { $0.due.removeValue(forKey: run) } ?? [:]
        for (_, task) in due.values { task.cancel() }
        await withTaskGroup { group in
            for (leftover, _) in due.values where !leftover.pod.plan.hasOwner {
                group.addTask { [self] in await deleteUnlessKept(leftover, RetryPolicy()) }
            }
        }
    }

    // MARK: - Pods

    /// An API that is away is asked again and again, for so long.
    private static let patience = RetryPolicy(attempts: 60, deadline: .seconds(600))

    /// Whatever has become of the pod, nothing of it runs on.
    /// - Returns: why it could not be deleted; `nil`: it was, or is not there any more.
    @discardableResult
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
