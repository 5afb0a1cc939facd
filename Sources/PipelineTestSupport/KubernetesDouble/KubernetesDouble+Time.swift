package import PipelineCore
import Synchronization

extension KubernetesDouble {
    /// Simulated time since the double was made.
    package var now: Duration { state.withLock { $0.core.now } }
    package var wallTime: Timestamp { state.withLock { $0.core.wallTime } }

    /// Lets time pass: everything that is due happens in order, and each moment's answers are out before the next one
    /// comes. The clock, where there is one, moves along, so that sleepers wake in between.
    package func advance(by duration: Duration) {
        let target = now + duration
        var isThere = false
        while !isThere {
            let (delta, rest) = state.withLock { state -> (Duration, Duration) in
                let before = state.core.now
                state.core.run(to: max(before, min(state.core.queue.nextDue ?? target, target)))
                return (state.core.now - before, target - state.core.now)
            }
            deliver()
            if delta > .zero { clock?.advance(by: delta) }
            isThere = rest <= .zero
        }
    }

    /// Lets time pass in steps until a condition holds; between two steps other tasks get their turn.
    /// - Parameter turns: how often this task yields in a step. Tasks on threads of their own may need more steps.
    /// - Returns: whether the condition held before `limit` of simulated time was over.
    package func advance(
        atMost limit: Duration, step: Duration = .milliseconds(100), turns: Int = 50,
        until condition: @Sendable () async -> Bool
    ) async -> Bool {
        let end = now + limit
        while true {
            for _ in 0..<turns { await Task.yield() }
            if await condition() { return true }
            guard now < end else { return false }
            advance(by: step)
        }
    }
}
