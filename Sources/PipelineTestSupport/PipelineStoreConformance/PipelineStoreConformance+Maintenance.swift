import PipelineCore

extension PipelineStoreConformance {
    static let maintenance: [PipelineStoreConformance] = [
        .init("theSchemaIsCurrent") { store in
            let version = try await store.schemaVersion()
            try expect(version.found, version.needed)
            try await store.migrate()
            try expect(try await store.schemaVersion().found, version.needed)
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
