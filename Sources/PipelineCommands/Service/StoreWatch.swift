import PipelineCore

/// Brings to a scheduler what other processes have written into its store: runs by hand, pauses, pools.
struct StoreWatch: Sendable {
    let workspace: Workspace
    let library: DAGLibrary
    let mailbox: SchedulerMailbox
    let active: ActiveRuns
    let inputs: InputWatch

    /// How long a change without a nudge goes unnoticed.
    static let interval = Duration.seconds(1)

    /// What was told to the scheduler last.
    struct Known: Sendable {
        var pools: [Pool]
        var paused: Set<String>
    }

    /// Looks whenever it is nudged or `interval` is over, until the task is cancelled.
    func run(known: Known, nudges: AsyncStream<Void>) async {
        var known = known
        let (ticks, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let nudging = Task { for await _ in nudges { continuation.yield() } }
        let ticking = Task {
            while (try? await ContinuousClock().sleep(for: Self.interval)) != nil { continuation.yield() }
        }
        for await _ in ticks {
            // A store that does not answer is asked again: the scheduler itself finds out whether it is lost.
            if let now = try? await look(known) { known = now }
        }
        nudging.cancel()
        ticking.cancel()
    }

    private func look(_ known: Known) async throws -> Known {
        let store = workspace.store
        let now = Known(pools: try await store.pools(), paused: try await Self.paused(store))
        if now.pools != known.pools { mailbox.post(.poolsChanged(now.pools)) }
        for dagID in now.paused.subtracting(known.paused) { mailbox.post(.dagPaused(dagID: dagID, true)) }
        for dagID in known.paused.subtracting(now.paused) { mailbox.post(.dagPaused(dagID: dagID, false)) }
        for run in try await store.runs(RunFilter(dagID: nil, states: [.queued])) where !active.contains(run.key) {
            try await take(run)
        }
        try await inputs.look()
        return now
    }

    /// A run that somebody else has created, unless a `pipeline run` carries it out itself.
    private func take(_ run: DAGRun) async throws {
        guard !RunOwnership.isCarriedOut(run.key, home: workspace.configuration[.home]) else { return }
        active.note(run)
        mailbox.post(.runLoaded(try await library.snapshot(of: run)))
        mailbox.post(.timeReached)
    }

    static func paused(_ store: any PipelineStore) async throws -> Set<String> {
        Set(try await store.dagRecords().filter(\.isPaused).map(\.dagID))
    }
}
