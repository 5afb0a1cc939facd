/// Creates the runs of partitions whose assets have had the events that they wait for. Source: Airflow 3.3
/// `assets/manager.py` (`_queue_partitioned_dags`), `jobs/scheduler_job_runner.py`
/// (`_create_dagruns_for_partitioned_asset_dags`).
///
/// A partition that is pending becomes a run whatever else its DAG does: neither a pause nor `max_active_runs` holds it
/// back, only the run's start. A pause keeps events from counting. Both are Airflow's rules.
package struct PartitionPlanner: RunPlanner {
    struct Entry: Sendable {
        var schedule: PartitionedSchedule
        var isPaused: Bool
    }

    /// Target keys that one event may have, unless its mapper says another number
    /// (`[scheduler] partition_mapper_max_downstream_keys`).
    package static let maximumTargets = 1_000
    /// Until a custom mapper that could not be asked is asked again.
    static let retryDelay = Duration.seconds(10)

    var entries: [String: Entry] = [:]
    private var consumers = AssetConsumers()
    private(set) var assets: AssetIndex
    private var active: Set<AssetKey>
    var pending: [PartitionTarget: PendingState] = [:]
    private var targets: [String: Set<PartitionTarget>] = [:]
    private var questions: [PartitionQuestion: Timestamp?] = [:]
    private let maximumTargets: Int
    private var lastOrder = 0
    /// Partitions that may be due now.
    private var touched: Set<PartitionTarget> = []

    /// - Parameters:
    ///   - aliases: the assets that events through each alias went to.
    ///   - active: the active assets; ``SchedulerEvent/activeAssetsChanged(_:)`` tells of others.
    package init(
        _ queue: PartitionQueue = PartitionQueue(), aliases: [String: Set<AssetKey>] = [:], active: [AssetKey] = [],
        maximumTargets: Int = PartitionPlanner.maximumTargets
    ) {
        assets = AssetIndex(active: active, aliases: aliases)
        self.active = Set(active)
        self.maximumTargets = maximumTargets
        for row in queue.pending { insert(row) }
        for arrival in queue.arrivals { pending[arrival.target]?.take(arrival) }
        for question in queue.questions { questions[question] = .some(nil) }
    }

    package mutating func plan(_ turn: PlanningTurn) -> RunPlan {
        var plan = RunPlan()
        for event in turn.events { take(event, at: turn.now, &plan) }
        for change in turn.changes { take(change, &plan) }
        askAgain(at: turn.now, &plan)
        evaluate(at: turn.now, &plan)
        return plan
    }

    /// Events make a partition due; time only makes a question worth asking again.
    package var nextWake: Timestamp? { questions.values.compactMap(\.self).min() }

    // MARK: - What has happened

    private mutating func take(_ event: SchedulerEvent, at now: Timestamp, _ plan: inout RunPlan) {
        switch event {
        case .schedulesChanged(let schedules): for schedule in schedules { set(schedule, at: now, &plan) }
        case .schedulesRemoved(let dagIDs): for dagID in dagIDs { remove(dagID) }
        case .dagPaused(let dagID, let isPaused): entries[dagID]?.isPaused = isPaused
        case .activeAssetsChanged(let active):
            assets.activate(active)
            self.active = Set(active)
            touched.formUnion(pending.keys)
        case .assetEventsCreated(let events):
            for event in events {
                arrive(.id(event.id), event.asset, event.aliasNames, event.partitionKey, nil, at: now, &plan)
            }
        case .partitionMapped(let question, let answer): settle(question, answer, at: now, &plan)
        default: break
        }
    }

    private mutating func take(_ change: StoreChange, _ plan: inout RunPlan) {
        switch change {
        case .setPaused(let dagID, let isPaused): entries[dagID]?.isPaused = isPaused
        case .saveAssetEvents(let task, let outlets, let events, let partition, let instant):
            let derived = OutletEvent.derived(outlets: outlets, events: events, partition: partition)
            for (ordinal, event) in derived.enumerated() {
                guard let asset = assets.target(of: event) else { continue }
                arrive(
                    .task(task, at: instant, ordinal: ordinal), asset, event.aliasNames, event.partitionKey,
                    event.partitionDate, at: instant, &plan)
            }
        case .partition(.remove(let target)): forget(target)
        default: break
        }
    }

    /// Pending partitions that were meant otherwise are dropped.
    private mutating func set(_ schedule: DAGSchedule, at now: Timestamp, _ plan: inout RunPlan) {
        let dagID = schedule.dagID
        remove(dagID)
        let fingerprint = schedule.partitions?.fingerprint
        for target in (targets[dagID] ?? []).sorted() {
            if pending[target]?.row.fingerprint == fingerprint {
                touched.insert(target)
            } else {
                drop(target, &plan)
            }
        }
        if let partitions = schedule.partitions {
            entries[dagID] = Entry(schedule: partitions, isPaused: schedule.isPaused)
            consumers.insert(dagID, partitions.condition)
        }
        for question in questions.keys.filter({ $0.dagID == dagID }).sorted(by: Self.isOlder) {
            if question.fingerprint == fingerprint {
                ask(question, &plan)
            } else {
                questions[question] = nil
                plan.changes.append(.partition(.settle(question)))
            }
        }
    }

    private static func isOlder(_ left: PartitionQuestion, _ right: PartitionQuestion) -> Bool {
        (left.at, left.sourceKey) < (right.at, right.sourceKey)
    }

    /// Without its DAG a pending partition stays as it is.
    private mutating func remove(_ dagID: String) {
        guard let entry = entries.removeValue(forKey: dagID) else { return }
        consumers.remove(dagID, entry.schedule.condition)
    }

    private mutating func drop(_ target: PartitionTarget, _ plan: inout RunPlan) {
        plan.changes.append(.partition(.remove(target)))
        plan.notes.append(
            "DAG \(target.dagID): what was pending for partition '\(target.key)' is dropped, because its mappers have changed")
        forget(target)
    }

    private mutating func forget(_ target: PartitionTarget) {
        pending[target] = nil
        targets[target.dagID]?.remove(target)
        if targets[target.dagID]?.isEmpty == true { targets[target.dagID] = nil }
        touched.remove(target)
    }

    private mutating func insert(_ row: PendingPartition) {
        lastOrder += 1
        pending[row.target] = PendingState(row, order: lastOrder)
        targets[row.target.dagID, default: []].insert(row.target)
    }

    // MARK: - Events

    private mutating func arrive(
        _ event: AssetEventReference, _ asset: AssetKey, _ aliasNames: [String], _ key: String?, _ date: Timestamp?,
        at instant: Timestamp, _ plan: inout RunPlan
    ) {
        assets.associate(asset, withAliases: aliasNames)
        let waiting = consumers.waiting(for: asset, aliasNames: aliasNames).filter { entries[$0]?.isPaused == false }
        guard !waiting.isEmpty else { return }
        guard let key, !key.isEmpty else {
            let names = waiting.joined(separator: ", ")
            return plan.notes.append("asset \(asset) has had an event without a partition key; \(names) wait for one with a key")
        }
        for dagID in waiting {
            guard let schedule = entries[dagID]?.schedule else { continue }
            let question = PartitionQuestion(
                dagID: dagID, asset: asset, event: event, sourceKey: key, sourceDate: date,
                fingerprint: schedule.fingerprint, at: instant)
            map(question, by: schedule.mapper(for: asset), &plan)
        }
    }

    private mutating func map(_ question: PartitionQuestion, by mapper: PartitionMapper, _ plan: inout RunPlan) {
        if mapper.needsPython {
            plan.changes.append(.partition(.ask(question)))
            return ask(question, &plan)
        }
        do {
            let keys = try mapper.targets(of: question.sourceKey).keys
            let mapping = PartitionMapping(
                targets: keys.map { ($0, CustomPartition(requirement: nil, date: nil)) },
                maximumTargets: mapper.maximumTargets, carriedDate: mapper.carriesDate ? question.sourceDate : nil)
            send(question, mapping, isCustom: false, &plan)
        } catch {
            refuse(question, "\(error)", &plan)
        }
    }

    /// The event counts for each of the targets, unless they are too many.
    private mutating func send(
        _ question: PartitionQuestion, _ mapping: PartitionMapping, isCustom: Bool, _ plan: inout RunPlan
    ) {
        let limit = mapping.maximumTargets ?? maximumTargets
        guard mapping.targets.count <= limit else {
            return refuse(question, "its mapper makes \(mapping.targets.count) keys of it, more than \(limit)", &plan)
        }
        for target in mapping.targets {
            let partition = PartitionTarget(dagID: question.dagID, key: target.key)
            save(partition, mapping.carriedDate, question, &plan)
            let arrival = PartitionArrival(
                target: partition, asset: question.asset, event: question.event, sourceKey: question.sourceKey,
                answer: isCustom ? target.answer : nil)
            pending[partition]?.take(arrival)
            plan.changes.append(.partition(.arrive(arrival)))
            touched.insert(partition)
        }
    }

    private mutating func save(
        _ target: PartitionTarget, _ date: Timestamp?, _ question: PartitionQuestion, _ plan: inout RunPlan
    ) {
        if pending[target] == nil {
            insert(
                PendingPartition(
                    target: target, date: date, fingerprint: question.fingerprint, createdAt: question.at))
        } else if pending[target]?.adopt(date) != true {
            return
        }
        if let row = pending[target]?.row { plan.changes.append(.partition(.save(row))) }
    }

    private func refuse(_ question: PartitionQuestion, _ reason: String, _ plan: inout RunPlan) {
        plan.notes.append(
            "DAG \(question.dagID): partition key '\(question.sourceKey)' of asset \(question.asset) is for none of its "
                + "partitions: \(reason)")
    }

    // MARK: - Custom mappers

    private mutating func ask(_ question: PartitionQuestion, _ plan: inout RunPlan) {
        questions[question] = .some(nil)
        plan.partitionQuestions.append(question)
    }

    private mutating func askAgain(at now: Timestamp, _ plan: inout RunPlan) {
        let due = questions.filter { $0.value.map { $0 <= now } ?? false }.keys.sorted(by: Self.isOlder)
        for question in due { ask(question, &plan) }
    }

    private mutating func settle(
        _ question: PartitionQuestion, _ answer: PartitionAnswer, at now: Timestamp, _ plan: inout RunPlan
    ) {
        guard questions[question] != nil else { return }
        if case .unavailable(let reason) = answer {
            questions[question] = .some(now + Self.retryDelay)
            return plan.notes.append("DAG \(question.dagID): its partition mapper cannot be asked, tried again: \(reason)")
        }
        questions[question] = nil
        plan.changes.append(.partition(.settle(question)))
        switch answer {
        case .targets(let mapping): send(question, mapping, isCustom: true, &plan)
        case .refused(let reason), .unavailable(let reason): refuse(question, reason, &plan)
        }
    }

    // MARK: - What is due

    private mutating func evaluate(at now: Timestamp, _ plan: inout RunPlan) {
        let states = touched.compactMap { pending[$0] }.sorted { $0.order < $1.order }
        touched = []
        for state in states {
            guard let entry = entries[state.row.target.dagID] else { continue }
            let progress = PartitionProgress(state, entry.schedule, isActive: active.contains)
            plan.notes += progress.notes
            guard entry.schedule.condition.holds(progress.satisfied, assets) else { continue }
            plan.runs.append(run(state, progress, entry.schedule, at: now, &plan))
        }
    }

    private func run(
        _ state: PendingState, _ progress: PartitionProgress, _ schedule: PartitionedSchedule, at now: Timestamp,
        _ plan: inout RunPlan
    ) -> PlannedRun {
        let target = state.row.target
        let suffix = RunSuffix.made(of: [target.dagID, target.key, "\(now.microseconds)", state.last.map { "\($0)" } ?? ""])
        let key = RunKey(dagID: target.dagID, runID: RunType.assetTriggered.runID(runAfter: now) + "_" + suffix)
        var run = DAGRun(key: key, type: .assetTriggered, runAfter: now, triggeredBy: .asset)
        run.queuedAt = now
        let (date, note) = progress.date(schedule)
        plan.notes += note.map { [$0] } ?? []
        run.partition = RunPartition(key: target.key, date: date)
        return PlannedRun(run, changes: [.partition(.consume(run: key, target)), .partition(.remove(target))])
    }
}
