import PipelineCore

extension PipelineStoreConformance {
    static let maintenance: [PipelineStoreConformance] = [
        .init("theSchemaIsCurrent") { store in
            let version = try await store.schemaVersion()
            try expect(version.found, version.needed)
            try await store.migrate()
            try expect(try await store.schemaVersion().found, version.needed)
        },
        .init("cleanDeletesOldFinishedRuns") { store in
            for number in [1, 2, 30] { try await fillRun(store, number) }
            try await seed(store, Sample.run("etl", 4))
            let wanted = [
                "dag_run": 2, "task_instance": 2, "task_instance_history": 2, "task_reschedule": 4, "xcom": 2,
                "rendered_task_instance_fields": 2, "task_state_store": 2, "tracked_metric": 2, "tracked_param": 2,
                "tracked_artifact": 2, "dag_run_asset_event": 0, "hitl_detail": 0, "callback": 0, "deadline": 0,
            ]
            try expect(try await store.clean(before: Sample.instant(10), dryRun: true), wanted)
            try expect(try await store.countRuns(RunFilter()), 4)
            try expect(try await store.clean(before: Sample.instant(10), dryRun: false), wanted)
            try await expectNothingLeft(store, 1)
            try await expectNothingLeft(store, 2)
            let left = try await store.runs(RunFilter()).map(\.key.runID)
            try expect(left, ["manual__30", "manual__4"])
            let again = try await store.clean(before: Sample.instant(10), dryRun: false)
            try expect(again, wanted.mapValues { _ in 0 })
        },
        .init("resetLeavesAnEmptyStoreThatOldWritersCannotChange") { store in
            try await fillRun(store, 1)
            let epoch = try await lead(store)
            try await store.setPool(Pool(name: "gpu", slots: 1))
            try await store.setVariable(Variable(key: "a", value: "1"))
            try await store.replaceActiveAssets([AssetRecord(name: "a", uri: "b", group: "", extra: .null)])
            try await store.saveDAGRecords([Sample.record("a")])
            try await store.addDAGVersion(Sample.version(1))
            try await store.setParsedFiles(["a": [1]])
            try await store.reset()
            try expect(try await store.runs(RunFilter()), [])
            try expect(try await store.pools().map(\.name), ["default_pool"])
            try expect(try await store.variables(), [])
            try expect(try await store.assets(), [])
            try expect(try await store.dagRecords(), [])
            try expect(try await store.dagVersions(dagID: "etl"), [])
            try expect(try await store.parsedFile(key: "a"), nil)
            try await expect(.staleEpoch) { try await store.commit([.saveRun(Sample.run())], epoch: epoch) }
            try await seed(store)
        },
    ]
}
