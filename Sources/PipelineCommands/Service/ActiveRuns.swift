import PipelineCore
import Synchronization

/// The unfinished runs that the scheduler of this process holds.
final class ActiveRuns: SchedulerObserver {
    private let keys = Mutex<Set<RunKey>>([])
    private let others = Mutex<Set<RunKey>>([])

    func committed(_ changes: [StoreChange], at instant: Timestamp) {
        for case .saveRun(let run) in changes { note(run) }
    }

    func note(_ run: DAGRun) {
        keys.withLock { keys in
            if run.state.isFinished { keys.remove(run.key) } else { keys.insert(run.key) }
        }
    }

    /// Runs that a `pipeline run` of this machine carries out itself, as far as was looked.
    var elsewhere: Set<RunKey> { others.withLock { $0 } }
    func noteElsewhere(_ key: RunKey) { others.withLock { _ = $0.insert(key) } }
    func forgetElsewhere(_ key: RunKey) { others.withLock { _ = $0.remove(key) } }

    func contains(_ key: RunKey) -> Bool { keys.withLock { $0.contains(key) } }
}
