import PipelineCore

/// Brings to a scheduler what other processes have written into its store: runs by hand, pauses, pools,
/// backfills, requests, events of assets.
struct StoreWatch: Sendable {
    let workspace: Workspace
    let library: DAGLibrary
    let mailbox: SchedulerMailbox
    let active: ActiveRuns
    let unsettled: UnsettledPauses
    let inputs: InputWatch
    let watching: Watching
    /// Each problem is told once, not at each look.
    let problems = ToldOnce()

    /// How long a change without a nudge goes unnoticed.
    static let interval = Duration.seconds(1)

    /// What was told to the scheduler last.
    struct Known: Sendable {
        var pools: [Pool]
        var paused: Set<String>
        /// Backfills that are not completed, by id.
        var backfills: [Int: Backfill]
        /// Open requests that were taken, or that nobody here can carry out.
        var requests: Set<Int> = []
        /// Those of them that the scheduler has been told of.
        var toldRequests: Set<Int> = []
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
        if paused != known.paused { try await watching.update() }
        (known.pools, known.paused) = (pools, paused)
        try await lookAtBackfills(&known)
        for run in try await waiting(store) where !active.contains(run.key) {
            _ = await isDone("run \(run.key) cannot be taken over") { try await take(run) }
        }
        try await lookAtRequests(&known)
        known.assetEvents = try await takeEvents(known)
        try await inputs.look()
    }

    /// All that are open: a lower number may become visible after a higher one. The second of a run waits until the first is
    /// carried out, since the run that comes in with it is read before.
    private func lookAtRequests(_ known: inout Known) async throws {
        let open = try await workspace.store.requests(after: 0)
        known.requests.formIntersection(open.map(\.number))
        known.toldRequests.formIntersection(known.requests)
        var asked = Set(open.filter { known.toldRequests.contains($0.number) }.compactMap(\.request?.run))
        for stored in open where !known.requests.contains(stored.number) {
            if let run = stored.request?.run, asked.contains(run) { continue }
            let number = stored.number
            var isTold = false
            let isDone = await isDone("request \(number) cannot be carried out") {
                try await take(stored)
                isTold = true
            }
            if isDone { known.requests.insert(number) }
            guard isTold else { continue }
            known.toldRequests.insert(number)
            if let run = stored.request?.run { asked.insert(run) }
        }
    }

    /// Dates are read once, when a backfill is new: from then on the scheduler alone changes them.
    private func lookAtBackfills(_ known: inout Known) async throws {
        var filter = BackfillFilter()
        filter.isOpen = true
        let open = try await workspace.store.backfills(filter)
        var news: [OpenBackfill] = []
        for backfill in open where known.backfills[backfill.id] != backfill {
            let isNew = known.backfills[backfill.id] == nil
            let dates = isNew ? try await workspace.store.backfillRuns(id: backfill.id) : []
            news.append(OpenBackfill(backfill, openRuns: dates.filter(\.isOpen)))
        }
        if !news.isEmpty { mailbox.post(.backfillsChanged(news)) }
        known.backfills = Self.byID(open)
    }

    static func byID(_ backfills: [Backfill]) -> [Int: Backfill] {
        Dictionary(backfills.map { ($0.id, $0) }) { first, _ in first }
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
        if let key = request.run, !active.contains(key), let run = try await workspace.store.run(key) {
            events.append(.runLoaded(try await library.snapshot(of: run)))
        }
        mailbox.post(together: events + [try await event(of: request), .requestTaken(stored.number)])
    }

    /// A clear on the latest version comes with that version.
    private func event(of request: SchedulerRequest) async throws -> SchedulerEvent {
        guard case .clear(let clear) = request, clear.runOnLatestVersion else { return request.event }
        guard let pinned = try await library.latest(dagID: clear.run.dagID) else {
            throw CommandFailure("DAG '\(clear.run.dagID)' is no longer in the folder, so it has no latest version")
        }
        let xcoms = try await RunSnapshotLoader.notices(clear.run, workspace.store)
        return .tasksClearedOnVersion(clear, VersionChange(to: pinned, xcoms: xcoms))
    }

    /// A run that somebody else has created, unless a `pipeline run` carries it out itself.
    private func take(_ run: DAGRun) async throws {
        guard !RunOwnership.isCarriedOut(run.key, home: workspace.configuration[.home]) else {
            return active.noteElsewhere(run.key)
        }
        let snapshot = try await library.snapshot(of: run)
        active.note(run)
        // The turn that takes it in looks at what is due: once, however many come together.
        mailbox.post(.runLoaded(snapshot))
    }

    static func paused(_ store: any PipelineStore) async throws -> Set<String> {
        Set(try await store.pausedDAGs())
    }
}
