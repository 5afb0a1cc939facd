import PipelineCore

extension PipelineStoreConformance {
    static let partitions: [PipelineStoreConformance] = [
        .init("aPendingPartitionIsKeptWithItsDate") { store in
            let epoch = try await lead(store)
            let (first, second) = (pending("d", "2026-01", 2), pending("c", "2026-02", 1))
            try await store.commit([first, second].map { .partition(.save($0)) }, epoch: epoch)
            try expect(try await store.partitionQueue().pending, [second, first])
            var again = first
            (again.date, again.createdAt) = (Sample.noon, Sample.instant(9))
            try await store.commit([.partition(.save(again))], epoch: epoch)
            again.createdAt = first.createdAt
            try expect(try await store.partitionQueue().pending, [second, again])
            try await store.commit([.partition(.remove(second.target))], epoch: epoch)
            try expect(try await store.partitionQueue().pending, [again])
        },
        .init("eventsCountForTheirPartition", checkArrivals),
        .init("aRunOfAPartitionConsumesWhatCountedForIt", checkConsumption),
        .init("thePartitionAfterTheRunIsAnother", checkNextPartition),
        .init("questionsToMappersAreKeptUntilTheyAreSettled", checkQuestions),
        .init("aRunOfAPartitionThatIsNotThereIsRefused") { store in
            let epoch = try await lead(store)
            let row = pending("d", "k", 1)
            try await expect(.notFound) {
                try await store.commit(
                    [.partition(.save(row)), .partition(.consume(run: Sample.key(), row.target))]
                        + [.saveTask(Sample.task(1))], epoch: epoch)
            }
            try expect(try await store.partitionQueue().pending, [])
        },
        .init("theLastPartitionedRunIsKnown", checkLastRuns),
    ]

    private static func pending(_ dagID: String, _ key: String, _ minute: Int) -> PendingPartition {
        PendingPartition(
            target: PartitionTarget(dagID: dagID, key: key), date: nil, fingerprint: "f", createdAt: Sample.instant(minute))
    }

    private static let task = TaskInstanceKey(run: Sample.key(), taskID: "extract", mapIndex: 2)

    private static func arrival(
        _ row: PendingPartition, _ event: AssetEventReference, _ key: String, answer: CustomPartition? = nil
    ) -> PartitionArrival {
        PartitionArrival(target: row.target, asset: raw.key, event: event, sourceKey: key, answer: answer)
    }

    /// Also in the commit that brings the event into being, and again when that commit is repeated.
    @Sendable
    private static func checkArrivals(_ store: any PipelineStore) async throws {
        let epoch = try await seed(store)
        try await store.replaceActiveAssets([raw])
        let external = try await store.createAssetEvent(
            raw.key, extra: [:], partitionKey: "b", at: Sample.instant(1))
        let row = pending("d", "2026-01", 2)
        let answer = CustomPartition(
            requirement: PartitionRequirement(expected: ["a", "b"], policy: .minimum(-1)), date: Sample.noon)
        let ofTask = AssetEventReference.task(task, at: Sample.instant(2), ordinal: 0)
        let changes: [StoreChange] = [
            change(outlets: [outlet(raw)], minute: 2), .partition(.save(row)),
            .partition(.arrive(arrival(row, ofTask, "a", answer: answer))),
            .partition(.arrive(arrival(row, .id(external.id), "b"))),
            .partition(.arrive(arrival(row, .id(external.id), "b"))),
            .partition(.arrive(arrival(row, .id(999), "x"))),
            .partition(.arrive(arrival(pending("d", "other", 1), .id(external.id), "b"))),
        ]
        for _ in 0..<2 { try await store.commit(changes, epoch: epoch) }
        let id = try await store.assetEvents(name: "raw", uri: nil, aliasName: nil).first { $0.source != nil }?.id ?? 0
        let queue = try await store.partitionQueue()
        try expect(
            queue.arrivals, [arrival(row, .id(external.id), "b"), arrival(row, .id(id), "a", answer: answer)])
        try expect(queue.pending, [row])
    }

    @Sendable
    private static func checkConsumption(_ store: any PipelineStore) async throws {
        let epoch = try await seed(store)
        try await store.replaceActiveAssets([raw])
        let (row, other) = (pending("consumer", "k", 1), pending("consumer", "other", 1))
        var run = Sample.run("consumer", 3, state: .running)
        (run.type, run.logicalDate) = (.assetTriggered, nil)
        run.partition = RunPartition(key: "k", date: Sample.instant(7))
        func event(_ minute: Int) -> AssetEventReference { .task(task, at: Sample.instant(minute), ordinal: 0) }
        let changes: [StoreChange] = [
            change(outlets: [outlet(raw)], minute: 1), change(outlets: [outlet(raw)], minute: 2),
            .partition(.save(row)), .partition(.save(other)), .partition(.arrive(arrival(row, event(1), "a"))),
            .partition(.arrive(arrival(other, event(2), "a"))), .saveRun(run),
            .partition(.consume(run: run.key, row.target)), .partition(.remove(row.target)),
        ]
        for _ in 0..<2 { try await store.commit(changes, epoch: epoch) }
        try expect(try await store.consumedAssetEvents(run.key).map(\.timestamp), [Sample.instant(1)])
        try expect(try await store.partitionQueue().pending, [other])
        try expect(try await store.partitionQueue().arrivals.map(\.target), [other.target])
        try expect(try await store.run(run.key)?.partition, run.partition)
    }

    /// Within one commit: events that come after the run count for the next one.
    @Sendable
    private static func checkNextPartition(_ store: any PipelineStore) async throws {
        let epoch = try await seed(store)
        try await store.replaceActiveAssets([raw])
        let row = pending("consumer", "k", 1)
        var run = Sample.run("consumer", 3, state: .running)
        (run.type, run.logicalDate) = (.assetTriggered, nil)
        func event(_ minute: Int) -> AssetEventReference { .task(task, at: Sample.instant(minute), ordinal: 0) }
        try await store.commit(
            [
                change(outlets: [outlet(raw)], minute: 1), .partition(.save(row)),
                .partition(.arrive(arrival(row, event(1), "a"))), .saveRun(run),
                .partition(.consume(run: run.key, row.target)), .partition(.remove(row.target)),
                change(outlets: [outlet(raw)], minute: 2), .partition(.save(row)),
                .partition(.arrive(arrival(row, event(2), "b"))),
            ], epoch: epoch)
        try expect(try await store.consumedAssetEvents(run.key).map(\.timestamp), [Sample.instant(1)])
        try expect(try await store.partitionQueue().arrivals.map(\.sourceKey), ["b"])
    }

    @Sendable
    private static func checkQuestions(_ store: any PipelineStore) async throws {
        let epoch = try await seed(store)
        try await store.replaceActiveAssets([raw])
        let external = try await store.createAssetEvent(
            raw.key, extra: [:], partitionKey: "b", at: Sample.instant(1))
        func question(_ event: AssetEventReference, _ key: String, _ minute: Int) -> PartitionQuestion {
            PartitionQuestion(
                dagID: "d", asset: raw.key, event: event, sourceKey: key,
                sourceDate: minute == 1 ? nil : Sample.noon, fingerprint: "f", at: Sample.instant(minute))
        }
        let ofTask = AssetEventReference.task(task, at: Sample.instant(2), ordinal: 0)
        let changes: [StoreChange] = [
            change(outlets: [outlet(raw)], minute: 2), .partition(.ask(question(ofTask, "a", 2))),
            .partition(.ask(question(.id(external.id), "b", 1))),
        ]
        for _ in 0..<2 { try await store.commit(changes, epoch: epoch) }
        let id = try await store.assetEvents(name: "raw", uri: nil, aliasName: nil).first { $0.source != nil }?.id ?? 0
        let (first, second) = (question(.id(external.id), "b", 1), question(.id(id), "a", 2))
        try expect(try await store.partitionQueue().questions, [first, second])
        try await store.commit([.partition(.settle(question(ofTask, "a", 2)))], epoch: epoch)
        try expect(try await store.partitionQueue().questions, [first])
        try await store.commit([.partition(.settle(first))], epoch: epoch)
        try expect(try await store.partitionQueue().questions, [])
    }

    @Sendable
    private static func checkLastRuns(_ store: any PipelineStore) async throws {
        let epoch = try await seed(store)
        func run(_ minute: Int, _ date: Int?, _ type: RunType = .scheduled) -> DAGRun {
            var run = Sample.run("etl", minute, state: .running)
            (run.type, run.logicalDate) = (type, nil)
            run.partition = RunPartition(key: "\(minute)", date: date.map { Sample.instant($0) })
            return run
        }
        var plain = Sample.run("etl", 50, state: .running)
        (plain.type, plain.partition) = (.scheduled, nil)
        try await store.saveDAGRecords([Sample.record("etl")])
        let runs = [run(10, nil), run(11, 5), run(12, 7, .backfill), run(13, 6), run(14, 60, .manual), plain]
        try await store.commit(runs.map { .saveRun($0) }, epoch: epoch)
        try expect(try await store.lastPartitionedRuns().map(\.partitionKey), ["12"])
    }
}
