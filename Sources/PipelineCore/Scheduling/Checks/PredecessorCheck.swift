/// Whether the process of an earlier try of the instance is gone: at most one process an instance may be alive.
struct PredecessorCheck: DependencyCheck {
    static let name = "Task Instance Not Running"

    let zombies: Int

    var verdict: DependencyVerdict { zombies > 0 ? .wait : .pass }

    var reason: String {
        zombies > 0
            ? "The process of an earlier try is being ended." : "No process of an earlier try is alive."
    }
}
