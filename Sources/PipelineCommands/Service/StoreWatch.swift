import PipelineCore

/// Brings to a scheduler what other processes have written into its store: runs by hand, pauses, pools,
/// requests, events of assets.
struct StoreWatch: Sendable {
    let workspace: Workspace
    let library: DAGLibrary
    let mailbox: SchedulerMailbox
    let active: ActiveRuns
    let unsettled: UnsettledPauses
    let inputs: InputWatch
    /// Each problem is told once, not at each look.
    let problems = ToldOnce()

    /// How long a change without a nudge goes unnoticed.
    static let interval = Duration.seconds(1)

    /// What was told to the scheduler last.
    struct Known: Sendable {
        var pools: [Pool]
        var paused: Set<String>
        /// Open requests that were taken, or that nobody here can carry out.
        var requests: Set<Int> = []
        /// The events of assets that were not registered when it was looked last.
        var assetEvents: Set<Int> = []
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
            do { try await look(&known) } catch { problems.say("what others have written cannot be read: \(error)") }
        }
        nudging.cancel()
        ticking.cancel()
    }

    /// What was told stays told where a later question fails: a request must not be carried out twice.
    private func look(_ known: inout Known) async throws {
        let store = workspace.store
        let again = unsettled.take()
        let (pools, paused) = (try await store.pools(), try await Self.paused(store))
        if pools != known.pools { mailbox.post(.poolsChanged(pools)) }
        for dagID in paused.symmetricDifference(known.paused).union(again) {
            mailbox.post(.dagPaused(dagID: dagID, paused.contains(dagID)))
        }
        (known.pools, known.paused) = (pools, paused)
        for run in try await waiting(store) where !active.contains(run.key) {
            _ = await isDone("run \(run.key) cannot be taken over") { try await take(run) }
        }
        // All that are open: a lower number may become visible after a higher one.
        let open = try await store.requests(after: 0)
        known.requests.formIntersection(open.map(\.number))
        for stored in open where !known.requests.contains(stored.number) {
            let isDone = await isDone("request \(stored.number) cannot be carried out") { try await take(stored) }
            if isDone { known.requests.insert(stored.number) }
        }
        known.assetEvents = try await takeEvents(known)
        try await inputs.look()
    }

    /// Runs that others have made, and those that a `pipeline run` has left which carried them out itself.
    private func waiting(_ store: any PipelineStore) async throws -> [DAGRun] {
        var runs = try await store.runs(RunFilter(dagID: nil, states: [.queued]))
        let home = workspace.configuration[.home]
        for key in active.elsewhere where !RunOwnership.isCarriedOut(key, home: home) {
            active.forgetElsewhere(key)
            if let run = try await store.run(key), run.state == .running { runs.append(run) }
        }
        return runs
    }

    /// One that cannot be read holds up no other.
    /// - Returns: `false` where it is to be tried again, because the store did not answer.
    private func isDone(_ what: String, _ body: () async throws -> Void) async -> Bool {
        do {
            try await body()
            return true
        } catch {
            problems.say("\(what): \(error)")
            return (error as? StoreError)?.isTransient != true
        }
    }

    /// Events are told once; they stay unregistered until the scheduler has committed them.
    private func takeEvents(_ known: Known) async throws -> Set<Int> {
        let open = try await workspace.store.unregisteredAssetEvents()
        let news = open.filter { !known.assetEvents.contains($0.id) }
        if !news.isEmpty { mailbox.post(.assetEventsCreated(news)) }
        return Set(open.map(\.id))
    }

    /// The run comes in with the request, unless the scheduler has it: one that has ended is only looked at again then.
    private func take(_ stored: StoredRequest) async throws {
        guard let request = stored.request else {
            throw CommandFailure("it was written by another version of pipeline")
        }
        var events: [SchedulerEvent] = []
        if !active.contains(request.run), let run = try await workspace.store.run(request.run) {
            events.append(.runLoaded(try await library.snapshot(of: run)))
        }
        mailbox.post(together: events + [request.event, .requestTaken(stored.number)])
    }

    /// A run that somebody else has created, unless a `pipeline run` carries it out itself.
    private func take(_ run: DAGRun) async throws {
        guard !RunOwnership.isCarriedOut(run.key, home: workspace.configuration[.home]) else {
            return active.noteElsewhere(run.key)
        }
        let snapshot = try await library.snapshot(of: run)
        active.note(run)
        mailbox.post(together: [.runLoaded(snapshot), .timeReached])
    }

    static func paused(_ store: any PipelineStore) async throws -> Set<String> {
        Set(try await store.dagRecords().filter(\.isPaused).map(\.dagID))
    }
}
