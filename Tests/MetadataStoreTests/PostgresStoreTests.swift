import Glibc
import PipelineCore
import PipelineTestSupport
import Synchronization
import Testing

@testable import MetadataStore

/// The server that `scripts/with-postgres` or CI names.
let postgresURL = getenv("PIPELINE_TEST_POSTGRES_URL").map { String(cString: $0) }

private let hint: Comment = "set PIPELINE_TEST_POSTGRES_URL, or run scripts/with-postgres swift test"

@Suite(.enabled(if: postgresURL != nil, hint), .serialized) struct PostgresConformanceTests {
    @Test(arguments: PipelineStoreConformance.all)
    func conforms(_ conformance: PipelineStoreConformance) async throws {
        try await withPostgres { store, _ in try await conformance.check(store) }
    }
}

@Suite(.enabled(if: postgresURL != nil, hint), .serialized) struct PostgresFaultTests {
    @Test func anIdleConnectionThatWasEndedIsMadeAgain() async throws {
        try await withPostgres { store, admin in
            let epoch = try await store.takeLeadership(holder: "a", at: noon)
            _ = try await store.pools()
            try endOthers(admin)
            try await store.commit([.saveRun(run(1))], epoch: epoch)
            try endOthers(admin)
            #expect(try await store.run(run(1).key) == run(1))
        }
    }

    @Test func aConnectionLostInTheMidstOfACommitIsMadeAgain() async throws {
        try await withPostgres { store, admin in
            let epoch = try await store.takeLeadership(holder: "a", at: noon)
            try admin.runScript("BEGIN; SELECT epoch FROM scheduler_lease FOR UPDATE")
            async let commit: Void = store.commit([.saveRun(run(1)), .saveTask(task(1))], epoch: epoch)
            try await untilBlocked(admin)
            try endOthers(admin)
            try admin.runScript("COMMIT")
            try await commit
            #expect(try await store.taskInstances(TaskFilter()) == [task(1)])
        }
    }

    @Test func aLeaderElectedDuringACommitWaitsForIt() async throws {
        try await withPostgres { store, admin in
            let old = try await store.takeLeadership(holder: "a", at: noon)
            try admin.runScript("BEGIN; UPDATE scheduler_lease SET epoch = epoch + 1")
            async let commit = Result<Void, any Error>({ try await store.commit([.saveRun(run(1))], epoch: old) })
            try await untilBlocked(admin)
            try admin.runScript("COMMIT")
            let outcome = await commit
            await expectError(.staleEpoch) { try outcome.get() }
            #expect(try await store.countRuns(RunFilter()) == 0)
        }
    }

    @Test func aMissingTableAsksForMigration() async throws {
        try await withPostgres(isMigrated: false) { store, _ in
            await expectError(.schemaTooOld) { _ = try await store.pools() }
            try await store.migrate()
            #expect(try await store.pools().count == 1)
        }
    }

    @Test func aNewerSchemaIsRefused() async throws {
        try await withPostgres { store, admin in
            try admin.runScript("INSERT INTO schema_migration VALUES (99, 'future', now())")
            let again = try await reopened(store)
            await expectError(.schemaTooNew) { _ = try await again.pools() }
            await expectError(.schemaTooNew) { try await again.migrate() }
            await again.close()
        }
    }

    @Test func aReadOnlyServerIsReadOnly() async throws {
        try await withPostgres(settings: "-c default_transaction_read_only=on") { store, _ in
            await expectError(.readOnly) { try await store.setPool(Pool(name: "a", slots: 1)) }
        }
    }

    @Test func aRowThatCannotBeUnderstoodIsNamed() async throws {
        try await withPostgres { store, admin in
            let epoch = try await store.takeLeadership(holder: "a", at: noon)
            try await store.commit([.saveRun(run(1))], epoch: epoch)
            try admin.runScript("UPDATE dag_run SET conf = '{'")
            let error = await expectError(.corrupt) { _ = try await store.runs(RunFilter()) }
            #expect(error?.message.contains("dag_run.conf of the row (etl, manual__1)") == true)
        }
    }

    @Test func aStatementThatFailsLeavesTheConnectionUsable() async throws {
        try await withPostgres { store, _ in
            for _ in 0..<3 {
                await expectError(.invalid) { try await store.setPool(Pool(name: "a", slots: -2)) }
                try await store.setPool(Pool(name: "a", slots: 2))
            }
            #expect(try await store.pools().count == 2)
        }
    }
}

@Suite struct PostgresURLTests {
    @Test func anUnreachableServerIsSaidWithoutThePassword() async throws {
        let url = "postgresql://ada:hush@127.0.0.1:1/warehouse"
        let error = await expectError(.unreachable) { _ = try await StoreFactory.open(url: url, secretKey: testKey) }
        let text = error?.description ?? ""
        #expect(text.contains("postgresql://127.0.0.1:1/warehouse"))
        #expect(!text.contains("hush"))
    }

    @Test func aURLThatCannotBeUnderstoodIsNotRepeated() async throws {
        let url = "postgresql://ada:hush@host:port:1/x?nonsense=%"
        let error = await expectError(.unreachable) { _ = try await StoreFactory.open(url: url, secretKey: testKey) }
        #expect(error?.description.contains("hush") == false)
    }

    @Test(arguments: [
        ("42P01", StoreError.Code.schemaTooOld), ("23503", .notFound), ("23505", .conflict), ("23514", .invalid),
        ("25006", .readOnly), ("53100", .full), ("53300", .busy), ("40P01", .busy), ("57P01", .unreachable),
        ("08006", .unreachable), ("28P01", .unreachable), ("3D000", .unreachable), ("PL001", .staleEpoch),
        ("XX001", .corrupt), ("42601", .statement), ("54000", .tooLarge), ("42501", .readOnly),
    ])
    func sqlStatesHaveCodes(_ state: String, _ code: StoreError.Code) { #expect(PostgresError.code(state) == code) }
}

private let schemaNumber = Atomic(0)

/// A store in a schema of its own, and a connection to it. The schema is dropped afterwards.
private func withPostgres(
    isMigrated: Bool = true, settings: String = "", _ body: (SQLPipelineStore, PostgresConnection) async throws -> Void
) async throws {
    let base = try #require(postgresURL)
    let schema = "test_\(getpid())_\(schemaNumber.add(1, ordering: .relaxed).newValue)"
    let root = try PostgresConnection(url: PostgresURL(base), options: PostgresOptions(), isReader: false)
    try root.runScript("CREATE SCHEMA \(schema)")
    let url = "\(base)?application_name=\(schema)&options=-csearch_path%3D\(schema)"
    do {
        let plain = try await openPostgres(url)
        if isMigrated { try await plain.migrate() }
        await plain.close()
        let more = settings.replacing(" ", with: "%20").replacing("=", with: "%3D")
        let store = try await openPostgres(url + (more.isEmpty ? "" : "%20" + more))
        let admin = try PostgresConnection(url: PostgresURL(url), options: PostgresOptions(), isReader: false)
        defer { admin.close() }
        try await body(store, admin)
        await store.close()
    } catch {
        try? root.runScript("DROP SCHEMA \(schema) CASCADE")
        root.close()
        throw error
    }
    try root.runScript("DROP SCHEMA \(schema) CASCADE")
    root.close()
}

private func openPostgres(_ url: String) async throws -> SQLPipelineStore {
    SQLPipelineStore(
        try await PostgresDatabase.open(url: url), secrets: try FernetKeys(testKey), clock: SystemWallClock())
}

/// A second store over the same database: as another process would open it.
private func reopened(_ store: SQLPipelineStore) async throws -> SQLPipelineStore {
    SQLPipelineStore(store.database, secrets: store.secrets, clock: store.clock)
}

/// Ends the store's connections, which carry the schema's name; those of other tests stay.
private func endOthers(_ admin: PostgresConnection) throws {
    try admin.runScript(
        """
        SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
        WHERE application_name = current_schema() AND pid <> pg_backend_pid()
        """)
}

/// Returns when a connection of the store waits for a lock.
private func untilBlocked(_ admin: PostgresConnection) async throws {
    let text = """
        SELECT count(*) FROM pg_stat_activity
        WHERE application_name = current_schema() AND wait_event_type = 'Lock'
        """
    let operation = SQLOperation(SQLStatement(name: "blocked", text: text, isBatch: false), rows: [[]])
    // A snapshot of pg_stat_activity lasts for a transaction, and the admin's is open: it has to be dropped.
    while true {
        try admin.runScript("SELECT pg_stat_clear_snapshot()")
        if case .int(let number)? = try admin.run([operation])[0].rows.first?.first, number > 0 { return }
        await Task.yield()
    }
}

extension Result where Failure == any Error {
    fileprivate init(_ body: () async throws -> Success) async {
        do { self = .success(try await body()) } catch { self = .failure(error) }
    }
}
