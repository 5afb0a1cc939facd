/// Tells a scheduler when somebody else has changed the pools: a task that waits for slots shall see new ones.
package struct PoolWatch: Sendable {
    private let store: any SettingsStore
    private let inbox: any SchedulerInbox
    private let clock: any Clock<Duration>

    /// How long a change may go unnoticed.
    package static let interval = Duration.seconds(2)

    package init(store: any SettingsStore, inbox: any SchedulerInbox, clock: any Clock<Duration>) {
        self.store = store
        self.inbox = inbox
        self.clock = clock
    }

    /// Looks at the pools until the task is cancelled; `known` are those that the scheduler has.
    /// A store that does not answer is asked again: the scheduler itself finds out whether it is lost.
    package func run(known: [Pool]) async {
        var known = known
        while (try? await clock.sleep(for: Self.interval)) != nil {
            guard let pools = try? await store.pools(), pools != known else { continue }
            known = pools
            inbox.post(.poolsChanged(pools))
        }
    }
}
