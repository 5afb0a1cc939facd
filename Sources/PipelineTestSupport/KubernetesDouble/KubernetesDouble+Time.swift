import Glibc
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

    /// Lets time pass in steps until a condition holds; between two steps other tasks act until nothing happens any more.
    /// - Parameter turns: how often in a row others get their turn without anything happening, before time passes.
    /// - Returns: whether the condition held before `limit` of simulated time was over.
    package func advance(
        atMost limit: Duration, step: Duration = .milliseconds(100), turns: Int = 50,
        until condition: @Sendable () async -> Bool
    ) async -> Bool {
        let end = now + limit
        while true {
            await settle(turns)
            if await condition() { return true }
            guard now < end else { return false }
            advance(by: step)
        }
    }

    /// Far more turns than anything takes that comes to rest.
    private static let patience = 200

    /// Returns once neither the server nor the clock was asked for anything in so many turns. A thread that the system has
    /// put aside in the midst of a task gets its turn, too: else time would pass without it.
    private func settle(_ turns: Int) async {
        var (quiet, last) = (0, activity)
        for _ in 0..<turns * Self.patience where quiet < turns {
            await Task.yield()
            sched_yield()
            let now = activity
            quiet = now == last ? quiet + 1 : 0
            last = now
        }
    }

    private var activity: [Int] {
        let (exchanges, changes) = state.withLock { ($0.nextExchange, $0.changes) }
        return [exchanges, changes, clock?.sleepsBegun ?? 0]
    }
}
