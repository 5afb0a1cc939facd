/// Whether one more process may exist (`[core] parallelism`).
struct ParallelismCheck: DependencyCheck {
    static let name = "Executor Slots Available"

    let occupied: Int
    let parallelism: Int

    var verdict: DependencyVerdict { occupied < parallelism ? .pass : .wait }
    var reason: String { "\(occupied) of at most \(parallelism) process(es) are alive (parallelism)." }
}
