/// Whether the task's pool has slots for it. Source: Airflow 3.3 `ti_deps/deps/pool_slots_available_dep.py`.
struct PoolCheck: DependencyCheck {
    static let name = "Pool Slots Available"

    let pool: String
    /// `nil` where there is no such pool.
    let slots: Int?
    let occupied: Int
    let needed: Int

    var verdict: DependencyVerdict {
        guard let slots else { return .wait }
        return slots < 0 || occupied + needed <= slots ? .pass : .wait
    }

    var reason: String {
        guard let slots else { return "There is no pool '\(pool)'; create it or change the task's pool." }
        if slots < 0 { return "The pool '\(pool)' has no limit." }
        if needed > slots { return "The task needs \(needed) slots, but the pool '\(pool)' has only \(slots) in all." }
        return "The pool '\(pool)' has \(max(0, slots - occupied)) of \(slots) slots open; the task needs \(needed)."
    }
}
