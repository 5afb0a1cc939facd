package import PipelineCore

extension InMemoryStoreCore {
    mutating func apply(_ change: PartitionChange) {
        switch change {
        case .save(let row): save(row)
        case .arrive(let arrival): arrive(arrival)
        case .consume(let run, let target):
            let found = partitionQueue.arrivals.filter { $0.target == target }.compactMap { number(of: $0.event) }
            consumedEvents[run, default: []].formUnion(found)
        case .remove(let target):
            partitionQueue.pending.removeAll { $0.target == target }
            partitionQueue.arrivals.removeAll { $0.target == target }
        case .ask(let question): ask(question)
        case .settle(let question):
            let number = number(of: question.event)
            partitionQueue.questions.removeAll { $0.dagID == question.dagID && Self.number($0.event) == number }
        }
    }

    private mutating func save(_ row: PendingPartition) {
        if let known = partitionQueue.pending.firstIndex(where: { $0.target == row.target }) {
            return partitionQueue.pending[known].date = row.date
        }
        partitionQueue.pending.append(row)
        partitionQueue.pending.sort { ($0.createdAt, $0.target) < ($1.createdAt, $1.target) }
    }

    private mutating func arrive(_ arrival: PartitionArrival) {
        guard let number = number(of: arrival.event), let event = events.first(where: { $0.id == number }),
            partitionQueue.pending.contains(where: { $0.target == arrival.target }),
            !partitionQueue.arrivals.contains(where: { $0.target == arrival.target && $0.event == .id(number) })
        else { return }
        var row = arrival
        (row.event, row.asset) = (.id(number), event.asset)
        partitionQueue.arrivals.append(row)
        partitionQueue.arrivals.sort { ($0.target, Self.number($0.event)) < ($1.target, Self.number($1.event)) }
    }

    private mutating func ask(_ question: PartitionQuestion) {
        guard let number = number(of: question.event), let event = events.first(where: { $0.id == number }),
            !partitionQueue.questions.contains(where: { $0.dagID == question.dagID && $0.event == .id(number) })
        else { return }
        var row = question
        (row.event, row.asset) = (.id(number), event.asset)
        partitionQueue.questions.append(row)
        partitionQueue.questions.sort {
            ($0.at, $0.dagID, Self.number($0.event)) < ($1.at, $1.dagID, Self.number($1.event))
        }
    }

    /// Rows name their events by number.
    private static func number(_ event: AssetEventReference) -> Int {
        if case .id(let id) = event { id } else { 0 }
    }

    private func number(of event: AssetEventReference) -> Int? {
        switch event {
        case .id(let id): id
        case .task(let task, let instant, let ordinal):
            eventIDs[AssetEventIdentity(source: task, timestamp: instant, ordinal: ordinal)]
        }
    }

    package var wholePartitionQueue: PartitionQueue { partitionQueue }
    package var aliases: [String: Set<AssetKey>] { assetQueue.aliases }

    package var lastPartitionedRuns: [DAGRun] {
        let partitioned = runs.values.filter { [.scheduled, .backfill].contains($0.type) && $0.partitionKey != nil }
        func order(_ run: DAGRun) -> (Timestamp, Timestamp, String) {
            (run.partitionDate ?? Timestamp(microseconds: .min), run.runAfter, run.key.runID)
        }
        return Dictionary(grouping: partitioned, by: \.key.dagID).values.compactMap { runs in
            runs.max { order($0) < order($1) }
        }.filter { dags[$0.key.dagID] != nil }.sorted { $0.key < $1.key }
    }
}

extension InMemoryStore {
    package func lastPartitionedRuns() async throws -> [DAGRun] { withCore { $0.lastPartitionedRuns } }
    package func partitionQueue() async throws -> PartitionQueue { withCore { $0.partitionQueue } }
}
