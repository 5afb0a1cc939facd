import Glibc
import LocalExecutor
import PipelineCore

/// Which `pipeline` process runs which run: a file below the home folder that its process keeps locked. The system
/// releases the lock when the process ends, however it ends; the next start finds the file unlocked, ends what processes
/// the dead one left, and marks its run as failed (`interrupted`).
final class RunOwnership {
    private let path: String
    private let descriptor: Int32

    private init(path: String, descriptor: Int32) {
        self.path = path
        self.descriptor = descriptor
    }

    /// Settles what dead processes left, then begins a file of this process.
    /// - Parameter continuing: the run that this process goes on with: what is left of it is not given up.
    static func claim(home: String, workspace: Workspace, continuing: RunKey? = nil) async throws -> RunOwnership {
        let folder = home + "/running"
        try Paths.createDirectory(folder)
        for path in files(in: folder) { try await settle(path, workspace, continuing) }
        let path = "\(folder)/\(getpid()).json"
        let descriptor = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0, flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            throw CommandFailure("cannot lock \(path): \(String(cString: strerror(errno)))")
        }
        return RunOwnership(path: path, descriptor: descriptor)
    }

    /// Takes the run for this process.
    /// - Throws: ``CommandFailure`` when another process is running it: two schedulers would end each other's tasks.
    func record(_ key: RunKey) throws {
        let folder = String(path[..<(path.lastIndex(of: "/") ?? path.endIndex)])
        // Held while we look and write, so that of two that start at once only one finds nobody.
        let door = open(folder + "/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard door >= 0, flock(door, LOCK_EX) == 0 else {
            throw CommandFailure("cannot lock \(folder)/lock: \(String(cString: strerror(errno)))")
        }
        defer { close(door) }
        try Self.checkFree(key, in: folder, besides: path)
        let line: JSONValue = ["dag_id": .string(key.dagID), "run_id": .string(key.runID)]
        let bytes = line.serializedUTF8()
        guard pwrite(descriptor, bytes, bytes.count, 0) == bytes.count else {
            throw CommandFailure("cannot write \(path): \(String(cString: strerror(errno)))")
        }
    }

    /// Leaves the run to a scheduler.
    func leave() { ftruncate(descriptor, 0) }

    /// - Throws: ``CommandFailure`` naming the process that is running the run.
    static func checkFree(_ key: RunKey, home: String) throws {
        try checkFree(key, in: home + "/running", besides: nil)
    }

    /// Whether a `pipeline` process of this home carries the run out by itself.
    static func isCarriedOut(_ key: RunKey, home: String) -> Bool {
        files(in: home + "/running").contains { runKey($0) == key && isLocked($0) }
    }

    private static func checkFree(_ key: RunKey, in folder: String, besides own: String?) throws {
        for path in files(in: folder) where path != own && runKey(path) == key && isLocked(path) {
            let name = path.split(separator: "/").last?.dropLast(".json".count) ?? ""
            throw CommandFailure("run '\(key)' is being carried out by another pipeline (process \(name)); wait for its end")
        }
    }

    private static func isLocked(_ path: String) -> Bool {
        let descriptor = open(path, O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return flock(descriptor, LOCK_EX | LOCK_NB) != 0
    }

    func release() {
        unlink(path)
        close(descriptor)
    }

    private static func files(in folder: String) -> [String] {
        Paths.names(in: folder).filter { $0.hasSuffix(".json") }.map { folder + "/" + $0 }
    }

    private static func settle(_ path: String, _ workspace: Workspace, _ continuing: RunKey?) async throws {
        let descriptor = open(path, O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else { return }
        // A scheduler that leads has taken over whatever nobody carries out.
        if let key = runKey(path), key != continuing, let run = try await workspace.store.run(key), !run.state.isFinished,
            try await workspace.leader() == nil
        {
            try await interrupt(run, workspace)
        }
        unlink(path)
    }

    private static func runKey(_ path: String) -> RunKey? {
        guard let bytes = try? Files.read(path), let value = try? JSONValue.parse(utf8: bytes),
            let dagID = value["dag_id"]?.stringValue, let runID = value["run_id"]?.stringValue
        else { return nil }
        return RunKey(dagID: dagID, runID: runID)
    }

    private static func interrupt(_ run: DAGRun, _ workspace: Workspace) async throws {
        let now = SystemWallClock().now()
        let instances = try await workspace.store.taskInstances(TaskFilter(run: run.key)).filter { !$0.isFinished }
        if instances.contains(where: { $0.isPod }) {
            return Terminal.note(
                "Run \(run.key) has pods that go on without the pipeline process that began it; go on with it by "
                    + "'pipeline run \(run.key.dagID) --run-id \(run.key.runID) --executor EXECUTOR', with the one it was begun with.")
        }
        var changes: [StoreChange] = []
        for var instance in instances {
            if instance.state?.occupiesExecutor == true { LocalExecutor.endLeftover(instance) }
            let began = instance.startDate != nil
            instance.state = began ? .failed : .upstreamFailed
            instance.endDate = now
            instance.reason = "interrupted: the pipeline process that ran it ended"
            changes.append(.saveTask(instance))
        }
        var ended = run
        ended.state = .failed
        ended.endDate = now
        ended.reason = "interrupted"
        changes.append(.saveRun(ended))
        try await workspace.store.commit(changes, epoch: try await workspace.store.currentEpoch())
        Terminal.note("Run \(run.key) was interrupted; its leftover processes were ended and it is marked failed.")
    }
}

extension TaskInstance {
    /// Runs somewhere else than as a process of this machine.
    fileprivate var isPod: Bool {
        state?.occupiesExecutor == true && operatorName == "KubernetesPodOperator" && pid == nil
    }
}
