import Glibc
import PipelineCore
import Synchronization

/// The right to schedule on a store, from when it was taken until it is lost or given back (decision 0009).
///
/// On PostgreSQL it is a lease that has to be renewed; on SQLite a file that stays locked as long as the process lives.
final class Leadership: Sendable {
    /// A lease that has not been renewed for so long is over.
    static let lasting = Duration.seconds(6)
    static let renewal = Duration.seconds(2)
    /// A leader that cannot renew stops so long before the next one may begin.
    static let margin = Duration.seconds(1)

    let epoch: Int64
    /// The host of a leader that did not give the lease back and may go on: what it began is not ours to look at there.
    /// `nil`: nothing of that kind.
    let predecessorHost: String?
    /// The leader before gave the lease back when it had ended all that ran on its machine.
    let predecessorWasStopped: Bool
    private let store: any PipelineStore
    private let lock: FileLock?
    private let term: LeaseTerm

    private init(
        epoch: Int64, store: any PipelineStore, lock: FileLock?, term: LeaseTerm, predecessorHost: String? = nil,
        predecessorWasStopped: Bool
    ) {
        self.epoch = epoch
        self.store = store
        self.lock = lock
        self.term = term
        self.predecessorHost = predecessorHost
        self.predecessorWasStopped = predecessorWasStopped
    }

    /// Waits until nobody else leads.
    /// - Throws: ``CommandFailure`` on SQLite when another scheduler runs, ``StoreError``, `CancellationError`.
    static func take(_ workspace: Workspace, waits: (SchedulerLease?) -> Void) async throws -> Leadership {
        if workspace.configuration[.databaseURL].hasPrefix("postgres") {
            return try await takeLease(workspace.store, waits)
        }
        let lock = try FileLock(place(workspace.configuration) + ".lock", owner: "\(LeaseHolder.current)")
        let term = LeaseTerm(lasting - margin, from: .now)
        let before = try await workspace.store.lease(at: SystemWallClock().now())
        guard let epoch = try await claim(workspace.store, lasting: .zero) else {
            throw CommandFailure("the lease of the store cannot be taken")
        }
        return Leadership(
            epoch: epoch, store: workspace.store, lock: lock, term: term, predecessorWasStopped: before == nil)
    }

    private static func takeLease(_ store: any PipelineStore, _ waits: (SchedulerLease?) -> Void) async throws -> Leadership {
        while true {
            let before = try await store.lease(at: SystemWallClock().now())
            // One that was killed on this machine is not waited for.
            if let before, LeaseHolder(text: before.holder)?.hasEnded == true { try await store.releaseLease(epoch: before.epoch) }
            let term = LeaseTerm(lasting - margin, from: .now)
            if let epoch = try await claim(store, lasting: lasting) {
                return Leadership(
                    epoch: epoch, store: store, lock: nil, term: term, predecessorHost: predecessor(before, epoch),
                    predecessorWasStopped: before == nil)
            }
            waits(try await store.lease(at: SystemWallClock().now()))
            try await ContinuousClock().sleep(for: renewal / 2)
        }
    }

    /// Where the leader before may still have processes.
    /// - Parameter lease: as it was just before it was taken.
    private static func predecessor(_ lease: SchedulerLease?, _ epoch: Int64) -> String? {
        guard let lease else { return nil }
        // Somebody else has led in between.
        guard lease.epoch == epoch - 1, let holder = LeaseHolder(text: lease.holder) else { return "another host" }
        return holder.hasEnded ? nil : holder.host
    }

    /// What files of a scheduler are named after: the embedded database, which two homes may share, else the home.
    static func place(_ configuration: Configuration) -> String {
        let url = configuration[.databaseURL]
        guard !url.hasPrefix("postgres") else { return configuration[.home] + "/scheduler" }
        let path = url.firstRange(of: "://").map { "/" + url[$0.upperBound...].drop { $0 == "/" } } ?? url
        return resolved(path) + "-scheduler"
    }

    /// One file may be reached by several links.
    private static func resolved(_ path: String) -> String {
        guard let real = realpath(path, nil) else { return path }
        defer { free(real) }
        return String(cString: real)
    }

    private static func claim(_ store: any PipelineStore, lasting: Duration) async throws -> Int64? {
        try await store.claimLease(holder: LeaseHolder.current.text, lasting: lasting, at: SystemWallClock().now())
    }

    /// Whether effects may begin: nobody else can have taken the lease yet. On SQLite always, for the file is locked.
    var isInForce: Bool { lock != nil || !term.isOver(at: .now) }

    /// Renews until the task is cancelled; returns when the leadership is lost, with the reason. A question that stays
    /// without an answer loses it as one that is refused does.
    func keep() async -> String? {
        let (ends, end) = AsyncStream.makeStream(of: String.self)
        let tasks = [
            Task { if let reason = await renew() { end.yield(reason) } },
            Task { if await termIsOver() { end.yield("the lease could not be renewed in time") } },
        ]
        defer { for task in tasks { task.cancel() } }
        for await reason in ends { return reason }
        return nil
    }

    private func renew() async -> String? {
        while (try? await ContinuousClock().sleep(for: Self.renewal)) != nil {
            let asked = ContinuousClock.now
            // A store that is away may come back in time; whoever takes the lease meanwhile has to reach it too.
            guard let isOurs = try? await store.renewLease(epoch: epoch, at: SystemWallClock().now()) else { continue }
            guard isOurs else { return "another scheduler has taken the lease" }
            term.renew(askedAt: asked)
        }
        return nil
    }

    /// - Returns: `false` when the task was cancelled.
    private func termIsOver() async -> Bool {
        guard lock == nil else { return false }
        while !term.isOver(at: .now) {
            guard (try? await ContinuousClock().sleep(until: term.end)) != nil else { return false }
        }
        return true
    }

    func giveBack() async {
        try? await store.releaseLease(epoch: epoch)
        lock?.release()
    }
}

/// A file that one process keeps locked; the system gives the lock back when the process ends.
final class FileLock: Sendable {
    private let descriptor: Int32

    /// - Throws: ``CommandFailure`` naming who has it.
    init(_ path: String, owner: String) throws {
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw CommandFailure("cannot open \(path): \(String(cString: strerror(errno)))")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let other = (try? Files.read(path)).map { String(decoding: $0, as: UTF8.self) } ?? "unknown"
            close(descriptor)
            throw CommandFailure(
                "a scheduler runs on this store already (\(other)); SQLite takes one, PostgreSQL any number")
        }
        ftruncate(descriptor, 0)
        let bytes = Array(owner.utf8)
        pwrite(descriptor, bytes, bytes.count, 0)
    }

    func release() { flock(descriptor, LOCK_UN) }

    deinit { close(descriptor) }
}
