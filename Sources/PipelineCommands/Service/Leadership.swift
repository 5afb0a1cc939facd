import Glibc
import PipelineCore
import Synchronization

/// The right to schedule on a store, from when it was taken until it is lost or given back (decision 0009).
///
/// On PostgreSQL it is a lease that has to be renewed; on SQLite a file that stays locked as long as the process lives.
final class Leadership: Sendable {
    static let lasting = LeaseTenure.lasting
    static let renewal = LeaseTenure.renewal

    let epoch: Int64
    let holder: String
    private let store: any PipelineStore
    private let lock: FileLock?
    /// What instants of the tenure are counted from.
    private let origin: ContinuousClock.Instant
    private let tenure: Mutex<LeaseTenure>

    /// - Parameter asked: when the lease was asked for.
    private init(
        epoch: Int64, holder: String, store: any PipelineStore, lock: FileLock?, asked: ContinuousClock.Instant
    ) {
        self.epoch = epoch
        self.holder = holder
        self.store = store
        self.lock = lock
        origin = asked
        tenure = Mutex(LeaseTenure(askedAt: .zero))
    }

    /// Waits until nobody else leads.
    /// - Throws: ``CommandFailure`` on SQLite when another scheduler runs, ``StoreError``, `CancellationError`.
    static func take(_ workspace: Workspace, waits: (SchedulerLease?) -> Void) async throws -> Leadership {
        let holder = Self.name
        guard workspace.configuration[.databaseURL].hasPrefix("postgres") else {
            let lock = try FileLock(place(workspace.configuration) + ".lock", owner: holder)
            let asked = ContinuousClock.now
            guard let epoch = try await claim(workspace.store, holder, lasting: .zero) else {
                throw CommandFailure("the lease of the store cannot be taken")
            }
            return Leadership(epoch: epoch, holder: holder, store: workspace.store, lock: lock, asked: asked)
        }
        while true {
            let asked = ContinuousClock.now
            if let epoch = try await claim(workspace.store, holder, lasting: lasting) {
                return Leadership(epoch: epoch, holder: holder, store: workspace.store, lock: nil, asked: asked)
            }
            waits(try await workspace.store.lease(at: SystemWallClock().now()))
            try await ContinuousClock().sleep(for: renewal / 2)
        }
    }

    /// What files of a scheduler are named after: the embedded database, which two homes may share, else the home.
    static func place(_ configuration: Configuration) -> String {
        let url = configuration[.databaseURL]
        guard !url.hasPrefix("postgres") else { return configuration[.home] + "/scheduler" }
        let path = url.firstRange(of: "://").map { "/" + url[$0.upperBound...].drop { $0 == "/" } } ?? url
        return path + "-scheduler"
    }

    private static func claim(_ store: any PipelineStore, _ holder: String, lasting: Duration) async throws -> Int64? {
        try await store.claimLease(holder: holder, lasting: lasting, at: SystemWallClock().now())
    }

    /// Whether what was decided may still be carried out: by this machine's own clock, without asking anybody.
    var mayAct: Bool {
        guard lock == nil else { return true }
        return tenure.withLock { $0.isInForce(at: ContinuousClock.now - origin) }
    }

    /// Renews until the task is cancelled; returns when the leadership is lost, with the reason. A renewal that is not
    /// answered is not waited for: the lease is over when its time is.
    func keep() async -> String? {
        let (ends, end) = AsyncStream.makeStream(of: String?.self, bufferingPolicy: .bufferingOldest(1))
        let parts = [Task { end.yield(await renew()) }, Task { end.yield(await outlast()) }]
        defer { for part in parts { part.cancel() } }
        for await reason in ends { return reason }
        return nil
    }

    /// Renews until another one has taken the lease, or the task is cancelled. A store that is away may come back in time;
    /// whoever takes the lease meanwhile has to reach it too.
    private func renew() async -> String? {
        while (try? await ContinuousClock().sleep(for: Self.renewal)) != nil {
            let asked = ContinuousClock.now
            guard let isOurs = try? await store.renewLease(epoch: epoch, at: SystemWallClock().now()) else { continue }
            guard isOurs else { return "another scheduler has taken the lease" }
            tenure.withLock { $0.renew(askedAt: asked - origin) }
        }
        return nil
    }

    /// Returns when the lease is over by this machine's clock.
    private func outlast() async -> String? {
        while true {
            let end = tenure.withLock { $0.end }
            guard (try? await ContinuousClock().sleep(until: origin + end)) != nil else { return nil }
            if !mayAct { return "the lease could not be renewed in time" }
            // With a file lock there is no end to wait for.
            if lock != nil { tenure.withLock { $0.renew(askedAt: ContinuousClock.now - origin) } }
        }
    }

    func giveBack() async {
        try? await store.releaseLease(epoch: epoch)
        lock?.release()
    }

    /// Host and process, for people.
    private static var name: String {
        var host = [CChar](repeating: 0, count: 256)
        gethostname(&host, host.count - 1)
        let bytes = host.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        return "\(String(decoding: bytes, as: UTF8.self)):\(getpid())"
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
