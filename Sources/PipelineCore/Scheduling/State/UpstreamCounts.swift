/// How many upstream instances a task looks at, and how those that finished ended.
/// Source: Airflow 3.3 `ti_deps/deps/trigger_rule_dep.py` (`_UpstreamTIStates`).
package struct UpstreamCounts: Sendable, Hashable {
    package var success: Int32 = 0
    package var skipped: Int32 = 0
    package var failed: Int32 = 0
    package var upstreamFailed: Int32 = 0
    package var removed: Int32 = 0
    package var successSetup: Int32 = 0
    package var skippedSetup: Int32 = 0
    /// All that are waited for, finished or not.
    package var total: Int32 = 0
    package var totalSetup: Int32 = 0

    package init() {}

    package var done: Int32 { success + skipped + failed + upstreamFailed + removed }

    /// Counts `amount` instances of a state, which may be negative; unfinished states count for nothing.
    package mutating func count(_ state: TaskState?, isSetup: Bool, _ amount: Int32 = 1) {
        switch state {
        case .success:
            success += amount
            if isSetup { successSetup += amount }
        case .skipped:
            skipped += amount
            if isSetup { skippedSetup += amount }
        case .failed: failed += amount
        case .upstreamFailed: upstreamFailed += amount
        case .removed: removed += amount
        default: break
        }
    }

    /// Counts instances that exist, whatever their state.
    package mutating func expect(isSetup: Bool, _ amount: Int32 = 1) {
        total += amount
        if isSetup { totalSetup += amount }
    }

    /// Adds the instances of one upstream task.
    mutating func add(_ other: UpstreamCounts, isSetup: Bool) {
        for (state, amount) in other.byState { count(state, isSetup: isSetup, amount) }
        expect(isSetup: isSetup, other.total)
    }

    private var byState: [(TaskState, Int32)] {
        [(.success, success), (.skipped, skipped), (.failed, failed), (.upstreamFailed, upstreamFailed), (.removed, removed)]
    }

    /// For people: `success=1, failed=2, unfinished=3`.
    package var summary: String {
        let parts = byState.filter { $0.1 > 0 }.map { "\($0.0.rawValue)=\($0.1)" }
        return (parts + (total > done ? ["unfinished=\(total - done)"] : [])).joined(separator: ", ")
    }
}
