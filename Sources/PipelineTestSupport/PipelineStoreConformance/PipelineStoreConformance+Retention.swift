import PipelineCore
import Synchronization

extension PipelineStoreConformance {
    private static func rule(_ minutes: Int, _ tables: Set<RetentionTable>? = nil) -> RetentionRule {
        tables.map { RetentionRule(before: Sample.instant(minutes), tables: $0) }
            ?? RetentionRule(before: Sample.instant(minutes))
    }

    /// Cleans without an archive; the runs that were removed, in order.
    private static func cleaned(_ store: any PipelineStore, _ rule: RetentionRule) async throws -> [String] {
        let gone = Mutex<[RunKey]>([])
        _ = try await store.clean(rule, archive: nil) { keys in gone.withLock { $0 += keys } }
        return gone.withLock { $0 }.sorted().map(\.runID)
    }

    private static func run(
        _ number: Int, _ type: RunType = .manual, _ state: RunState = .success, start: Int? = nil, logical: Int? = nil,
        dagID: String = "etl"
    ) -> DAGRun {
        var run = Sample.run(dagID, number, state: state)
        run.type = type
        run.startDate = Sample.instant(start ?? number)
        run.logicalDate = Sample.instant(logical ?? number)
        if state.isFinished { run.endDate = Sample.instant((start ?? number) + 1) }
        return run
    }

    private static func addBackfill(_ dagID: String, _ store: any PipelineStore) async throws -> Int {
        let made = Backfill(
            dagID: dagID, fromDate: Sample.instant(0), toDate: Sample.instant(2), createdAt: Sample.instant(1))
        let date = BackfillRun(sortOrdinal: 1, scheduled: .exact(Sample.instant(1)))
        return try await store.createBackfill(made, runs: [date]).id
    }

    private static func all(_ store: any PipelineStore) async throws -> [String] {
        try await store.runs(RunFilter()).map(\.key).sorted().map(\.runID)
    }

    static let retention: [PipelineStoreConformance] = [
        .init("cleanRemovesOldFinishedRunsWithAllThatBelongsToThem") { store in
            for number in [1, 2, 30] { try await fillRun(store, number) }
            try await seed(store, Sample.run("etl", 4))
            let wanted = [
                "dag_run": 2, "task_instance": 2, "task_instance_history": 2, "task_reschedule": 4, "xcom": 2,
                "rendered_task_instance_fields": 2, "task_state_store": 2, "tracked_metric": 2, "tracked_param": 2,
                "tracked_artifact": 2, "dag_run_asset_event": 0, "hitl_detail": 0, "callback": 0, "deadline": 0, "asset_event": 0, "backfill": 0,
                "backfill_dag_run": 0, "dag_version": 0,
            ]
            try expect(try await store.countRemovable(rule(10)), wanted)
            try expect(try await store.countRuns(RunFilter()), 4)
            let counts = try await store.clean(rule(10), archive: "20260101000000") { _ in }
            try expect(counts, wanted)
            try await expectNothingLeft(store, 1)
            try await expectNothingLeft(store, 2)
            try expect(try await all(store), ["manual__30", "manual__4"])
            try expect(try await cleaned(store, rule(10)), [])
        },
        .init("whatIsCleanedCanBeReadInItsArchiveUntilThatIsDropped") { store in
            for number in [1, 2] { try await fillRun(store, number) }
            _ = try await store.clean(rule(10), archive: "20260101000000") { _ in }
            let archives = try await store.archivedTables()
            let tables = ["dag_run", "task_instance", "task_instance_history", "task_reschedule", "tracked_artifact", "xcom"]
            for table in tables {
                try expect(archives.contains("_airflow_deleted__\(table)__20260101000000"), true)
            }
            try expect(archives.contains { $0.contains("hitl_detail") }, false)
            let name = "_airflow_deleted__dag_run__20260101000000"
            let found = Mutex<[String]>([])
            try await store.readArchive(name) { columns, row in
                guard let column = columns.firstIndex(of: "run_id") else { return }
                found.withLock { $0.append(row[column] ?? "NULL") }
            }
            try expect(found.withLock { $0.sorted() }, ["manual__1", "manual__2"])
            try await store.dropArchive(name)
            try expect(try await store.archivedTables().contains(name), false)
            try await expect(.notFound) { try await store.readArchive(name) { _, _ in } }
            try await expect(.notFound) { try await store.readArchive("dag_run") { _, _ in } }
            try await expect(.notFound) { try await store.dropArchive("dag_run") }
            try await expect(.notFound) { try await store.dropArchive("_airflow_deleted__dag_run__1; DROP TABLE dag") }
        },
        .init("aCleanThatIsEndedKeepsWhatItHasArchived") { store in
            for number in [1, 2] { try await fillRun(store, number) }
            var single = rule(10, [.dagRun])
            single.batchSize = 1
            do {
                _ = try await store.clean(single, archive: "7") { _ in throw ConformanceFailure(description: "enough") }
                throw ConformanceFailure(description: "nothing was thrown")
            } catch let failure as ConformanceFailure {
                try expect(failure.description, "enough")
            }
            let archives = try await store.archivedTables()
            try expect(archives.contains("_airflow_deleted__dag_run__7"), true)
            try expect(archives.contains("_airflow_deleted__hitl_detail__7"), false)
            let kept = Mutex(0)
            try await store.readArchive("_airflow_deleted__dag_run__7") { _, _ in kept.withLock { $0 += 1 } }
            let left = try await store.countRuns(RunFilter())
            try expect(kept.withLock { $0 } + left, 2)
        },
        .init("unfinishedAndYoungRunsStay") { store in
            for run in [run(1), run(2, .manual, .running), run(3, .manual, .queued), run(9), run(20)] {
                try await seed(store, run)
            }
            try expect(try await cleaned(store, rule(9)), ["manual__1"])
            try expect(try await all(store), ["manual__2", "manual__20", "manual__3", "manual__9"])
        },
        .init("theLastRunsOfEachDAGAreKept") { store in
            // The last by start is a backfill of an old date; the schedule goes on from the last logical date.
            let runs = [
                run(1, .scheduled, logical: 1), run(2, .scheduled, logical: 2), run(3, .backfill, logical: 0), run(4),
                run(5, .scheduled, dagID: "other"), run(6, .assetTriggered, dagID: "assets"),
                run(7, .assetTriggered, dagID: "assets"), run(8, dagID: "byHand"),
            ]
            for run in runs { try await seed(store, run) }
            try expect(
                try await cleaned(store, rule(100)), ["manual__6", "manual__8", "manual__1", "manual__4"])
            try expect(try await all(store), ["manual__7", "manual__2", "manual__3", "manual__5"])
        },
        .init("aRunThatNeverStartedIsAsOldAsItsEnd") { store in
            var cancelled = run(1)
            (cancelled.startDate, cancelled.endDate) = (nil, Sample.instant(50))
            try await seed(store, cancelled)
            try expect(try await cleaned(store, rule(50)), [])
            try expect(try await cleaned(store, rule(51)), ["manual__1"])
        },
        .init("cleanLooksAtChosenDAGsOnly") { store in
            for dagID in ["a", "b", "c"] { try await seed(store, run(1, dagID: dagID)) }
            var some = rule(10)
            some.excludedDAGIDs = ["a"]
            some.dagIDs = ["a", "b"]
            try expect(try await store.countRemovable(some)["dag_run"], 1)
            try expect(try await cleaned(store, some).count, 1)
            try expect(try await store.runs(RunFilter()).map(\.key.dagID).sorted(), ["a", "c"])
        },
        .init("chosenTablesLoseTheirRowsAndTheRunStays") { store in
            for number in [1, 2] { try await fillRun(store, number) }
            let xcoms = try await store.clean(rule(3, [.xcom]), archive: nil) { _ in }
            try expect(xcoms, ["xcom": 1])
            try expect(try await store.xcoms(run: Sample.key("etl", 1), taskIDs: nil, key: nil), [])
            try expect(try await store.xcoms(run: Sample.key("etl", 2), taskIDs: nil, key: nil).count, 1)
            try expect(try await cleaned(store, rule(3, [.taskInstance])), [])
            try expect(try await store.taskInstances(TaskFilter(run: Sample.key("etl", 1))), [])
            try expect(try await store.history(TaskInstanceKey(run: Sample.key("etl", 1), taskID: "extract")), [])
            try expect(try await store.metrics(TrackingFilter(run: Sample.key("etl", 1))).isEmpty, false)
            try expect(try await store.taskInstances(TaskFilter(run: Sample.key("etl", 2))).count, 1)
            try expect(try await all(store), ["manual__1", "manual__2"])
        },
        .init("manyRunsGoInSmallBatches") { store in
            let epoch = try await lead(store)
            let runs = (0..<450).map { run($0, start: 1 + $0 / 200) }
            try await store.commit(runs.map { .saveRun($0) }, epoch: epoch)
            var small = rule(600, [.dagRun])
            small.batchSize = 7
            try expect(try await store.countRemovable(small)["dag_run"], 450)
            let batches = Mutex<[Int]>([])
            _ = try await store.clean(small, archive: nil) { keys in batches.withLock { $0.append(keys.count) } }
            try expect(try await store.countRuns(RunFilter()), 0)
            try expect(batches.withLock { $0.reduce(0, +) }, 450)
        },
        .init("completedBackfillsGoOnceTheirRunsAreGone") { store in
            let done = try await addBackfill("a", store)
            let used = try await addBackfill("b", store)
            _ = try await addBackfill("open", store)
            var owned = run(1, .backfill, dagID: "b")
            owned.backfillID = used
            let epoch = try await seed(store, owned)
            try await store.commit(
                [done, used].map { .finishBackfill(id: $0, at: Sample.instant(5), isCancelled: false) }, epoch: epoch)
            let chosen = rule(6, [.backfill])
            try expect(try await store.countRemovable(chosen), ["backfill": 1, "backfill_dag_run": 1])
            let counts = try await store.clean(chosen, archive: "1") { _ in }
            try expect(counts, ["backfill": 1, "backfill_dag_run": 1])
            try expect(try await store.backfills(BackfillFilter()).map(\.dagID), ["b", "open"])
            try expect(try await store.backfillRuns(id: done), [])
            try expect(
                try await store.archivedTables(), ["_airflow_deleted__backfill__1", "_airflow_deleted__backfill_dag_run__1"])
        },
        .init("versionsThatNothingIsPinnedToGoButForTheLatest") { store in
            for number in 1...4 { try await store.addDAGVersion(Sample.version(number)) }
            try await store.addDAGVersion(Sample.version(1, dagID: "other", id: 900))
            var pinned = run(50)
            pinned.dagVersionID = Sample.version(2).id
            var task = Sample.task(1, run: pinned.key, state: .success)
            task.dagVersionID = Sample.version(2).id
            try await seed(store, pinned, [task])
            let counts = try await store.clean(rule(100, [.dagVersion]), archive: nil) { _ in }
            try expect(counts, ["dag_version": 2])
            try expect(try await store.dagVersions(dagID: "etl").map(\.number), [4, 2])
            try expect(try await store.dagVersions(dagID: "other").map(\.number), [1])
        },
        .init("eventsOfAPendingPartitionStay") { store in
            let key = AssetKey(name: "raw", uri: "s3://raw")
            try await store.replaceActiveAssets([AssetRecord(name: key.name, uri: key.uri, group: "asset", extra: .null)])
            let event = try await store.createAssetEvent(key, extra: [:], partitionKey: "k", at: Sample.instant(1))
            let question = PartitionQuestion(
                dagID: "d", asset: key, event: .id(event.id), sourceKey: "k", sourceDate: nil, fingerprint: "f",
                at: Sample.instant(1))
            let epoch = try await lead(store)
            try await store.commit(
                [.registerAssetEvents(ids: [event.id], at: Sample.instant(2)), .partition(.ask(question))], epoch: epoch)
            let chosen = rule(10, [.assetEvent])
            try expect(try await store.countRemovable(chosen), ["asset_event": 0])
            _ = try await store.clean(chosen, archive: nil) { _ in }
            try expect(try await store.partitionQueue().questions, [question])
            try await store.commit([.partition(.settle(question))], epoch: epoch)
            try expect(try await store.countRemovable(chosen), ["asset_event": 1])
        },
        .init("eventsThatCountForNobodyGo") { store in
            let key = AssetKey(name: "raw", uri: "s3://raw")
            let waiting = AssetKey(name: "waiting", uri: "s3://waiting")
            try await store.replaceActiveAssets(
                [key, waiting].map { AssetRecord(name: $0.name, uri: $0.uri, group: "asset", extra: .null) })
            var ids: [Int] = []
            for (asset, minute) in [(key, 1), (waiting, 2), (key, 3), (key, 20)] {
                let event = try await store.createAssetEvent(
                    asset, extra: [:], partitionKey: nil, at: Sample.instant(minute))
                ids.append(event.id)
            }
            let epoch = try await lead(store)
            try await store.commit(
                [
                    .registerAssetEvents(ids: [ids[0], ids[1], ids[3]], at: Sample.instant(21)),
                    .queueAsset(QueuedAsset(dagID: "d", asset: waiting, at: Sample.instant(21))),
                ], epoch: epoch)
            let chosen = rule(10, [.assetEvent])
            try expect(try await store.countRemovable(chosen), ["asset_event": 1])
            _ = try await store.clean(chosen, archive: nil) { _ in }
            let left = try await store.assetEvents(name: nil, uri: nil, aliasName: nil).map(\.id).sorted()
            try expect(left, Array(ids.dropFirst()))
        },
    ]
}
