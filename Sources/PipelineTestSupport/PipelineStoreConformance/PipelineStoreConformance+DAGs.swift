import PipelineCore

extension PipelineStoreConformance {
    static let dags: [PipelineStoreConformance] = [
        .init("dagRecordsAreSavedAndListed") { store in
            var full = Sample.record("b", isPaused: true)
            (full.isStale, full.latestVersionID, full.lastParsedAt) = (true, Sample.id(9), Sample.noon)
            try await store.saveDAGRecords([full, Sample.record("a")])
            try expect(try await store.dagRecords(), [Sample.record("a"), full])
            try expect(try await store.dagRecord("b"), full)
            try expect(try await store.dagRecord("c"), nil)
        },
        .init("savingADagAgainKeepsItsPause") { store in
            try await store.saveDAGRecords([Sample.record("a", isPaused: true)])
            var later = Sample.record("a", isPaused: false)
            later.relativeFileLocation = "moved.py"
            try await store.saveDAGRecords([later])
            later.isPaused = true
            try expect(try await store.dagRecord("a"), later)
        },
        .init("pauseIsSetByCallAndByCommit") { store in
            try await store.saveDAGRecords([Sample.record("a")])
            try expect(try await store.setPaused(true, dagID: "a"), true)
            try expect(try await store.setPaused(true, dagID: "unknown"), false)
            try expect(try await store.dagRecord("a")?.isPaused, true)
            try expect(try await store.pausedDAGs(), ["a"])
            try await store.commit([.setPaused(dagID: "a", false)], epoch: try await lead(store))
            try expect(try await store.dagRecord("a")?.isPaused, false)
            try expect(try await store.pausedDAGs(), [])
        },
        .init("versionsAreAddedInOrder") { store in
            let versions = [1, 2, 3].map { Sample.version($0) }
            for version in versions { try await store.addDAGVersion(version) }
            try await store.addDAGVersion(Sample.version(1, dagID: "other", id: 900))
            try expect(try await store.latestDAGVersion(dagID: "etl"), versions[2].withoutDocument)
            try expect(try await store.dagVersion(id: versions[1].id), versions[1])
            try expect(try await store.dagVersion(id: Sample.id(1)), nil)
            try expect(try await store.latestDAGVersion(dagID: "unknown"), nil)
            try expect(try await store.dagVersions(dagID: "etl").map(\.number), [3, 2, 1])
            try expect(try await store.dagVersions(dagID: "etl").allSatisfy(\.document.isEmpty), true)
        },
        .init("manyVersionsAreAddedAtOnce") { store in
            let versions = ["a", "b", "c"].enumerated().map { Sample.version(1, dagID: $1, id: 800 + $0) }
            for version in versions { try await store.saveDAGRecords([Sample.record(version.dagID)]) }
            try await store.addDAGVersions(versions)
            try await store.addDAGVersions(versions)
            try expect(try await store.latestDAGVersions(), versions.map(\.withoutDocument))
            try expect(try await store.dagVersion(id: versions[1].id), versions[1])
            try await expect(.conflict) {
                try await store.addDAGVersions([
                    Sample.version(2, dagID: "a", id: 810), Sample.version(3, dagID: "b", id: 811),
                ])
            }
        },
        .init("aVersionThatDoesNotFollowIsRefused") { store in
            try await store.addDAGVersion(Sample.version(1))
            try await expect(.conflict) { try await store.addDAGVersion(Sample.version(3)) }
            try await expect(.conflict) { try await store.addDAGVersion(Sample.version(1, id: 999)) }
            try expect(try await store.dagVersions(dagID: "etl").count, 1)
        },
        .init("addingAVersionAgainChangesNothing") { store in
            try await store.addDAGVersion(Sample.version(1))
            try await store.addDAGVersion(Sample.version(1))
            try expect(try await store.dagVersions(dagID: "etl").count, 1)
        },
        .init("importErrorsAreReplaced") { store in
            let errors = ["b.py", "a.py"].map {
                ImportError(file: $0, line: $0 == "a.py" ? 3 : nil, message: "SyntaxError", traceback: "Traceback\n")
            }
            try await store.replaceImportErrors([errors[0]])
            try await store.replaceImportErrors(errors)
            try expect(try await store.importErrors(), [errors[1], errors[0]])
            try await store.replaceImportErrors([])
            try expect(try await store.importErrors(), [])
        },
        .init("parsedFilesAreKept") { store in
            let bytes: [UInt8] = [0, 255, 1, 0]
            try await store.setParsedFiles(["a": bytes, "b": []])
            try await store.setParsedFiles(["b": [2]])
            try expect(try await store.parsedFile(key: "a"), bytes)
            try expect(try await store.parsedFile(key: "c"), nil)
            try expect(try await store.parsedFiles(keys: ["a", "b", "c"]), ["a": bytes, "b": [2]])
            try expect(try await store.parsedFiles(keys: []), [:])
        },
    ]
}
