import PipelineCore
import PipelineTestSupport
import Testing

@testable import MetadataStore

@Suite struct StoredValueTests {
    @Test func secretsAreNotInTheFile() async throws {
        try await withSQLite { store, connection in
            try await store.setVariable(Variable(key: "token", value: "hush-hush"))
            var database = Connection(id: "db", type: "postgres")
            (database.password, database.extra) = ("hush-hush", "{\"key\": \"hush-hush\"}")
            try await store.setConnection(database)
            let texts = try ["SELECT val FROM variable", "SELECT password || extra FROM connection"].flatMap {
                try connection.run(SQLOperation(SQLStatement(name: $0, text: $0, isBatch: false), rows: [[]])).rows
            }
            #expect(texts.count == 2)
            for case .text(let text) in texts.joined() {
                #expect(!text.contains("hush") && text.hasPrefix("gAAAA"))
            }
        }
    }

    @Test func aWrongKeyIsSaidWithTableColumnAndRow() async throws {
        try await withTemporaryFolder { folder in
            let first = try await openSQLite(folder)
            try await first.migrate()
            try await first.setVariable(Variable(key: "token", value: "hush-hush"))
            let second = try await openSQLite(folder, key: FernetKey.generate())
            let error = await expectError(.corrupt) { _ = try await second.variable("token") }
            #expect(error?.message.contains("variable.val of the row (token)") == true)
            #expect(error?.description.contains("hush") == false)
            #expect(try await second.pools().count == 1)
            await first.close()
            await second.close()
        }
    }

    @Test(arguments: [
        ("UPDATE dag_run SET conf = '{'", "dag_run.conf of the row (etl, manual__1) is not JSON"),
        ("UPDATE dag_run SET conf = '1'", "dag_run.conf of the row (etl, manual__1) is not a JSON object"),
        ("UPDATE dag_run SET run_type = 'x'", "dag_run.run_type of the row (etl, manual__1) is 'x'"),
        ("UPDATE dag_run SET created_dag_version_id = x'00'", "dag_run.created_dag_version_id of the row"),
    ])
    func aRowThatCannotBeUnderstoodIsNamed(_ change: String, _ message: String) async throws {
        try await withSQLite { store, connection in
            let epoch = try await store.takeLeadership(holder: "a", at: noon)
            try await store.commit([.saveRun(run(1))], epoch: epoch)
            try connection.runScript(change)
            let error = await expectError(.corrupt) { _ = try await store.runs(RunFilter()) }
            #expect(error?.message.contains(message) == true, "\(String(describing: error))")
        }
    }

    @Test func theOldestParsedFilesGoFirst() async throws {
        try await withTemporaryFolder { folder in
            let store = try await openSQLite(folder, maximumParsedFileBytes: 30)
            try await store.migrate()
            for key in ["a", "b", "c", "a", "d"] {
                try await store.setParsedFiles([key: [UInt8](repeating: 1, count: 10)])
            }
            let kept = try await store.parsedFiles(keys: ["a", "b", "c", "d"]).keys.sorted()
            #expect(kept == ["a", "c", "d"])
            await store.close()
        }
    }

    @Test(arguments: [
        ("sqlite:///", "sqlite:///absolute/path"), ("sqlite://", "sqlite:///absolute/path"),
        ("", "empty"), ("mysql://h/d", "sqlite:// and postgresql:// are known"),
    ])
    func urlsThatNameNoStoreAreExplained(_ url: String, _ message: String) async throws {
        let error = await expectError(.unreachable) {
            _ = try await StoreFactory.open(url: url, secretKey: testKey)
        }
        #expect(error?.message.contains(message) == true)
    }

    @Test(arguments: ["", "sqlite://", "sqlite:///", "sqlite+pysqlite://"])
    func spellingsOfAPathOpenTheSameFile(_ prefix: String) async throws {
        try await withTemporaryFolder { folder in
            let store = try await StoreFactory.open(url: "\(prefix)\(folder)/store.db", secretKey: testKey)
            #expect(store.location == "sqlite://\(folder)/store.db")
            await store.close()
        }
    }

    private func withSQLite(
        _ body: (SQLPipelineStore, SQLiteConnection) async throws -> Void
    ) async throws {
        try await withTemporaryFolder { folder in
            let store = try await openSQLite(folder)
            try await store.migrate()
            let connection = try SQLiteConnection(path: folder + "/store.db", options: testOptions())
            try await body(store, connection)
            connection.close()
            await store.close()
        }
    }
}
