import Glibc
import PipelineCore
import PipelineTestSupport
import Testing

@testable import MetadataStore

@Suite struct SQLiteConformanceTests {
    @Test(arguments: PipelineStoreConformance.all)
    func conforms(_ conformance: PipelineStoreConformance) async throws {
        try await withTemporaryFolder { folder in
            let store = try await openSQLite(folder)
            try await store.migrate()
            try await conformance.check(store)
            await store.close()
        }
    }
}

@Suite struct SQLitePlanTests {
    /// Retention looks runs up by their key: a walk through all runs for each of them took 20 s a batch.
    @Test(arguments: ["LockChosenRuns", "CountReschedulesOfRuns", "DeleteReschedulesOfRuns"])
    func chosenRunsAreFoundByTheirKey(_ name: String) async throws {
        try await withTemporaryFolder { folder in
            let store = try await openSQLite(folder)
            try await store.migrate()
            let text = "EXPLAIN QUERY PLAN " + store.database.library[name].text
            let statement = SQLStatement(name: "explain", text: text, isBatch: false)
            let plan = try await store.database.read(SQLOperation(statement, rows: [[.texts(["d"]), .texts(["r"])]])) { row in
                if case .text(let step) = row.values[3] { step } else { "" }
            }
            #expect(plan.contains { $0.hasPrefix("SEARCH r USING INDEX") && $0.hasSuffix("(dag_id=? AND run_id=?)") }, "\(plan)")
            await store.close()
        }
    }
}

/// Opens `store.db` in the folder.
func openSQLite(
    _ folder: String, options: SQLiteOptions = testOptions(), key: String = testKey,
    maximumParsedFileBytes: Int = 1 << 20
) async throws -> SQLPipelineStore {
    let database = try await SQLiteDatabase.open(path: folder + "/store.db", options: options)
    return SQLPipelineStore(
        database, secrets: try FernetKeys(key), clock: SystemWallClock(),
        maximumParsedFileBytes: maximumParsedFileBytes)
}

/// Without the wait for the disk, which only a power cut would notice.
func testOptions(_ edit: (inout SQLiteOptions) -> Void = { _ in }) -> SQLiteOptions {
    var options = SQLiteOptions()
    options.synchronous = "OFF"
    // Other tests may hold the machine up.
    options.busyTimeoutMilliseconds = 120_000
    edit(&options)
    return options
}

let testKey = "cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4="

/// Makes a folder for `body` and removes it afterwards.
func withTemporaryFolder(_ body: (String) async throws -> Void) async throws {
    var template = Array("/tmp/pipeline-store-XXXXXX".utf8CString)
    let path = String(cString: mkdtemp(&template))
    defer { removeFolder(path) }
    try await body(path)
}

/// Tests make plain files only.
private func removeFolder(_ path: String) {
    guard let folder = opendir(path) else { return }
    defer { closedir(folder) }
    while let entry = readdir(folder) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) {
            $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        if name != ".", name != ".." { unlink("\(path)/\(name)") }
    }
    rmdir(path)
}
