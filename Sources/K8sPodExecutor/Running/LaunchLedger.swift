package import PipelineCore

/// Which launches are run at the moment, and what those have left that are over: the bookkeeping of who cleans up. What a
/// launch has left may go once its end is in the store, never before.
package struct LaunchLedger<Leftover: Sendable>: Sendable {
    private struct Entry {
        let number: Int
        let run: RunKey
        /// How often it is run at the moment.
        var runners = 1
        /// Its end is in the store.
        var isSaved = false
        var leftovers: [Leftover] = []

        var isDone: Bool { runners == 0 && (isSaved || leftovers.isEmpty) }
    }

    private var tries: [UUID7: [Entry]] = [:]

    package init() {}

    package mutating func begin(_ launch: LaunchID, of run: RunKey) {
        var entries = tries[launch.tryID] ?? []
        if let index = entries.firstIndex(where: { $0.number == launch.number }) {
            entries[index].runners += 1
        } else {
            entries.append(Entry(number: launch.number, run: run))
        }
        tries[launch.tryID] = entries
    }

    /// Whether it is run, or has left something that may not go yet.
    package func isInHand(_ launch: LaunchID) -> Bool {
        tries[launch.tryID]?.contains { $0.number == launch.number } ?? false
    }

    /// The launch is over, and its results were read.
    /// - Parameter leftovers: nothing at a shutdown, which leaves it to who comes next.
    /// - Returns: what may go now.
    package mutating func settle(_ launch: LaunchID, _ leftovers: [Leftover]) -> [Leftover] {
        change(launch.tryID) { entry in
            guard entry.number == launch.number, entry.runners > 0 else { return }
            entry.runners -= 1
            // Who runs the same launch leaves the same.
            if !leftovers.isEmpty { entry.leftovers = leftovers }
        }
    }

    /// The ends of this launch, and of earlier ones of the same try, are in the store.
    /// - Returns: what may go now.
    package mutating func endIsDurable(_ launch: LaunchID) -> [Leftover] {
        change(launch.tryID) { entry in if entry.number <= launch.number { entry.isSaved = true } }
    }

    /// The run is over: nothing of it is waited for any more.
    /// - Returns: what its launches have left that are over.
    package mutating func runEnded(_ run: RunKey) -> [Leftover] {
        var leftovers: [Leftover] = []
        for (tryID, entries) in tries where entries.contains(where: { $0.run == run && $0.runners == 0 }) {
            let over = entries.filter { $0.run == run && $0.runners == 0 }
            leftovers += over.flatMap(\.leftovers)
            let rest = entries.filter { $0.run != run || $0.runners > 0 }
            tries[tryID] = rest.isEmpty ? nil : rest
        }
        return leftovers
    }

    private mutating func change(_ tryID: UUID7, _ body: (inout Entry) -> Void) -> [Leftover] {
        guard var entries = tries[tryID] else { return [] }
        for index in entries.indices { body(&entries[index]) }
        let done = entries.filter(\.isDone).flatMap(\.leftovers)
        entries.removeAll(where: \.isDone)
        tries[tryID] = entries.isEmpty ? nil : entries
        return done
    }
}
