import Glibc
import PipelineCore
import PipelineTestSupport
import Testing

@testable import MetadataStore

@Suite struct SQLiteFaultTests {
    @Test func writingToAReadOnlyFileIsReadOnly() async throws {
        try await withTemporaryFolder { folder in
            let writable = try await openSQLite(folder)
            try await writable.migrate()
            let store = try await openSQLite(folder, options: testOptions { $0.isReadOnly = true })
            #expect(try await store.pools().count == 1)
            await expectError(.readOnly) { try await store.setPool(Pool(name: "gpu", slots: 1)) }
            await expectError(.readOnly) { _ = try await store.takeLeadership(holder: "a", at: noon) }
            await store.close()
            await writable.close()
        }
    }

    @Test func aFullDiskFailsTheCommitAndLaterOnesGoOn() async throws {
        try await withTemporaryFolder { folder in
            let first = try await openSQLite(folder)
            try await first.migrate()
            await first.close()
            let store = try await openSQLite(folder, options: testOptions { $0.maximumPages = 120 })
            let epoch = try await store.takeLeadership(holder: "a", at: noon)
            try await store.commit([.saveRun(run(1))], epoch: epoch)
            var large = task(1)
            large.note = String(repeating: "x", count: 2_000_000)
            await expectError(.full) { [large] in
                try await store.commit([.saveTask(task(2)), .saveTask(large)], epoch: epoch)
            }
            #expect(try await store.taskInstances(TaskFilter()).isEmpty)
            try await store.commit([.saveTask(task(2))], epoch: epoch)
            #expect(try await store.taskInstances(TaskFilter()).count == 1)
            await store.close()
        }
    }

    @Test func anotherWriterMakesUsWaitAndThenBusy() async throws {
        try await withTemporaryFolder { folder in
            let store = try await openSQLite(folder, options: testOptions { $0.busyTimeoutMilliseconds = 20 })
            try await store.migrate()
            let other = try SQLiteConnection(path: folder + "/store.db", options: testOptions())
            try other.runScript("BEGIN IMMEDIATE")
            await expectError(.busy) { try await store.setPool(Pool(name: "gpu", slots: 1)) }
            #expect(try await store.pools().count == 1)
            try other.runScript("ROLLBACK")
            other.close()
            try await store.setPool(Pool(name: "gpu", slots: 1))
            await store.close()
        }
    }

    @Test func aFileThatIsNoDatabaseIsCorrupt() async throws {
        try await withTemporaryFolder { folder in
            writeFile(folder + "/store.db", Array(repeating: UInt8(ascii: "x"), count: 8_192))
            let error = await expectError(.corrupt) { _ = try await openSQLite(folder) }
            #expect(error?.description.contains("\(folder)/store.db") == true)
        }
    }

    @Test func aDamagedPageIsCorrupt() async throws {
        try await withTemporaryFolder { folder in
            let store = try await openSQLite(folder)
            try await store.migrate()
            await store.close()
            damage(folder + "/store.db", from: 4_096)
            await expectError(.corrupt) {
                let store = try await openSQLite(folder)
                _ = try await store.runs(RunFilter())
            }
        }
    }

    @Test func aMissingFolderIsUnreachable() async throws {
        try await withTemporaryFolder { folder in
            await expectError(.unreachable) { _ = try await openSQLite(folder + "/missing") }
        }
    }

    @Test func aClosedStoreRefusesCalls() async throws {
        try await withTemporaryFolder { folder in
            let store = try await openSQLite(folder)
            try await store.migrate()
            await store.close()
            await store.close()
            await expectError(.unreachable) { _ = try await store.pools() }
            await expectError(.unreachable) { try await store.setPool(Pool(name: "gpu", slots: 1)) }
        }
    }

    @Test func twoProcessesFenceEachOther() async throws {
        try await withTemporaryFolder { folder in
            let (first, second) = (try await openSQLite(folder), try await openSQLite(folder))
            try await first.migrate()
            let old = try await first.takeLeadership(holder: "first", at: noon)
            try await first.commit([.saveRun(run(1))], epoch: old)
            let new = try await second.takeLeadership(holder: "second", at: noon)
            #expect(new == old + 1)
            await expectError(.staleEpoch) { try await first.commit([.saveRun(run(2))], epoch: old) }
            try await second.commit([.saveRun(run(3))], epoch: new)
            #expect(try await first.countRuns(RunFilter()) == 2)
            await first.close()
            await second.close()
        }
    }

    @Test func aStoreIsFoundAgain() async throws {
        try await withTemporaryFolder { folder in
            let first = try await openSQLite(folder)
            try await first.migrate()
            let epoch = try await first.takeLeadership(holder: "first", at: noon)
            try await first.commit([.saveRun(run(1))], epoch: epoch)
            await first.close()
            let second = try await openSQLite(folder)
            #expect(try await second.run(run(1).key) == run(1))
            await second.close()
        }
    }
}

let noon = Timestamp(microseconds: 1_767_225_600_000_000)

func run(_ number: Int) -> DAGRun {
    DAGRun(
        key: RunKey(dagID: "etl", runID: "manual__\(number)"), type: .manual,
        runAfter: noon + .seconds(number), triggeredBy: .cli)
}

func task(_ number: Int, run number2: Int = 1) -> TaskInstance {
    TaskInstance(
        id: UUID7(high: 0x0194_0000_0000_7000, low: 0x8000_0000_0000_0000 + UInt64(number)),
        key: TaskInstanceKey(run: run(number2).key, taskID: "mapped", mapIndex: number))
}

/// Records an issue unless `body` throws a ``StoreError`` of this code.
@discardableResult
func expectError(
    _ code: StoreError.Code, location: SourceLocation = #_sourceLocation, _ body: () async throws -> Void
) async -> StoreError? {
    let error = await #expect(throws: StoreError.self, sourceLocation: location) { try await body() }
    #expect(error?.code == code, sourceLocation: location)
    return error
}

func writeFile(_ path: String, _ bytes: [UInt8]) {
    let file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    #expect(write(file, bytes, bytes.count) == bytes.count)
    close(file)
}

/// Overwrites everything from `offset` on.
private func damage(_ path: String, from offset: Int) {
    let file = open(path, O_WRONLY)
    let length = Int(lseek(file, 0, SEEK_END))
    let bytes = [UInt8](repeating: 0xA5, count: length - offset)
    #expect(pwrite(file, bytes, bytes.count, off_t(offset)) == bytes.count)
    close(file)
}
