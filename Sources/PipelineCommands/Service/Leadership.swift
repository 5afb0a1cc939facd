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
    let holder: String
    private let store: any PipelineStore
    private let lock: FileLock?

    private init(epoch: Int64, holder: String, store: any PipelineStore, lock: FileLock?) {
        self.epoch = epoch
        self.holder = holder
        self.store = store
        self.lock = lock
    }

    /// Waits until nobody else leads.
    /// - Throws: ``CommandFailure`` on SQLite when another scheduler runs, ``StoreError``, `CancellationError`.
    static func take(_ workspace: Workspace, waits: (SchedulerLease?) -> Void) async throws -> Leadership {
        let holder = Self.name
        guard workspace.configuration[.databaseURL].hasPrefix("postgres") else {
            let lock = try FileLock(place(workspace.configuration) + ".lock", owner: holder)
            guard let epoch = try await claim(workspace.store, holder, lasting: .zero) else {
                throw CommandFailure("the lease of the store cannot be taken")
            }
            return Leadership(epoch: epoch, holder: holder, store: workspace.store, lock: lock)
        }
        while true {
            if let epoch = try await claim(workspace.store, holder, lasting: lasting) {
                return Leadership(epoch: epoch, holder: holder, store: workspace.store, lock: nil)
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

    /// Renews until the task is cancelled; returns when the leadership is lost, with the reason.
    func keep() async -> String? {
        let clock = ContinuousClock()
        var renewed = clock.now
        while (try? await clock.sleep(for: Self.renewal)) != nil {
            let asked = clock.now
            do {
                guard try await store.renewLease(epoch: epoch, at: SystemWallClock().now()) else {
                    return "another scheduler has taken the lease"
                }
                renewed = asked
            } catch {
                // A store that is away may come back in time; whoever takes the lease meanwhile has to reach it too.
                if lock == nil, clock.now - renewed > Self.lasting - Self.margin {
                    return "the lease could not be renewed: \(error)"
                }
            }
        }
        return nil
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
