import PipelineCore
import PipelineTestSupport
import Testing

@testable import MetadataStore

@Suite struct MigrationTests {
    /// The step after those that this program has.
    private static let next = Migration(
        sqliteMigrations.count + 1, "next", Array("CREATE TABLE next (id INTEGER);".utf8))

    private static let findHalf = "SELECT name FROM sqlite_schema WHERE name = 'half'"

    @Test func aNewerSchemaIsRefused() async throws {
        try await withTemporaryFolder { folder in
            let newer = try await open(folder, sqliteMigrations + [Self.next])
            try await newer.migrate()
            let store = try await openSQLite(folder)
            let version = try await store.schemaVersion()
            #expect(version.found == Self.next.number && version.needed == Self.next.number - 1)
            await expectError(.schemaTooNew) { _ = try await store.runs(RunFilter()) }
            await expectError(.schemaTooNew) { try await store.migrate() }
            await expectError(.schemaTooNew) { try await store.reset() }
            await expectError(.schemaTooNew) { _ = try await store.takeLeadership(holder: "a", at: noon) }
            #expect(try await newer.pools().count == 1)
            await newer.close()
            await store.close()
        }
    }

    @Test func anEmptyFileAsksForMigration() async throws {
        try await withTemporaryFolder { folder in
            let store = try await openSQLite(folder)
            #expect(try await store.schemaVersion().found == 0)
            let error = await expectError(.schemaTooOld) { _ = try await store.pools() }
            #expect(error?.message.contains("pipeline db migrate") == true)
            try await store.migrate()
            #expect(try await store.pools().count == 1)
            await store.close()
        }
    }

    @Test func onlyMissingStepsAreTaken() async throws {
        try await withTemporaryFolder { folder in
            let old = try await openSQLite(folder)
            try await old.migrate()
            try await old.setPool(Pool(name: "gpu", slots: 1))
            await old.close()
            let new = try await open(folder, sqliteMigrations + [Self.next])
            await expectError(.schemaTooOld) { _ = try await new.pools() }
            try await new.migrate()
            #expect(try await new.schemaVersion().found == Self.next.number)
            #expect(try await new.pools().count == 2)
            await new.close()
        }
    }

    @Test func aStepThatFailsLeavesNothing() async throws {
        try await withTemporaryFolder { folder in
            let broken = Migration(
                Self.next.number, "broken", Array("CREATE TABLE half (id INTEGER); CREATE NONSENSE;".utf8))
            let store = try await open(folder, sqliteMigrations + [broken])
            await expectError(.statement) { try await store.migrate() }
            #expect(try await store.schemaVersion().found == Self.next.number - 1)
            let tables = try await store.database.read(
                SQLOperation(SQLStatement(name: "half", text: Self.findHalf, isBatch: false), rows: [[]])) { $0.values }
            #expect(tables.isEmpty)
            await store.close()
        }
    }

    @Test func resetOfAnOlderSchemaLeavesThePresentOne() async throws {
        try await withTemporaryFolder { folder in
            let old = try await open(folder, [sqliteMigrations[0]])
            try await old.migrate()
            await old.close()
            let store = try await openSQLite(folder)
            try await store.reset()
            #expect(try await store.schemaVersion().found == sqliteMigrations.count)
            await store.close()
        }
    }

    @Test func severalMayOpenAndMigrateAtOnce() async throws {
        try await withTemporaryFolder { folder in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        let store = try await openSQLite(folder)
                        try await store.migrate()
                        #expect(try await store.pools().count == 1)
                        await store.close()
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test func anotherProgramsDatabaseIsLeftAlone() async throws {
        try await withTemporaryFolder { folder in
            let other = try SQLiteConnection(path: folder + "/store.db", options: testOptions())
            try other.runScript("CREATE TABLE alembic_version (version_num TEXT)")
            other.close()
            let store = try await openSQLite(folder)
            let error = await expectError(.conflict) { try await store.migrate() }
            #expect(error?.message.contains("alembic_version") == true)
            await store.close()
        }
    }

    private func open(_ folder: String, _ migrations: [Migration]) async throws -> SQLPipelineStore {
        let database = try await SQLiteDatabase.open(
            path: folder + "/store.db", options: testOptions(), migrations: migrations)
        return SQLPipelineStore(database, secrets: try FernetKeys(testKey), clock: SystemWallClock())
    }
}
