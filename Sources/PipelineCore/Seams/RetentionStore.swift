/// What is old goes. Rows of unfinished runs, and of the last runs of each DAG (``RetentionRule``), are never touched.
package protocol RetentionStore: Sendable {
    /// Rows by table that ``clean(_:archive:removed:)`` would remove.
    func countRemovable(_ rule: RetentionRule) async throws -> [String: Int]
    /// Removes rows in batches of one transaction each, and tells how many of each table.
    /// - Parameters:
    ///   - archive: rows are copied, in the same transaction, to a table named after theirs and this text
    ///     (``RetentionRule/archiveName(of:_:)``); `nil`: they are not kept.
    ///   - removed: told of the runs that are gone, after each batch.
    func clean(
        _ rule: RetentionRule, archive: String?, removed: @Sendable ([RunKey]) async throws -> Void
    ) async throws -> [String: Int]
    /// Tables that ``clean(_:archive:removed:)`` has filled, by name.
    func archivedTables() async throws -> [String]
    /// Hands out the rows of an archived table one by one, values as text; `nil` stands for NULL.
    /// - Throws: ``StoreError`` `notFound` for a table that is no archive, and what `receive` throws.
    func readArchive(
        _ table: String, _ receive: @escaping @Sendable (_ columns: [String], _ row: [String?]) throws -> Void
    ) async throws
    /// - Throws: ``StoreError`` `notFound` for a table that is no archive.
    func dropArchive(_ table: String) async throws
}

/// Which rows are old. Source: Airflow 3.3 `utils/db_cleanup.py`.
///
/// A run is as old as its start (as its end where it never started). Kept are: all unfinished runs; of each DAG the last
/// run by start that was not made by hand, as Airflow keeps it; its last run by schedule or backfill by logical date, which
/// the next one follows from; and its last run by assets, where the next one's events begin.
package struct RetentionRule: Sendable, Hashable {
    package var before: Timestamp
    package var tables: Set<RetentionTable>
    /// Only rows of these DAGs; empty: of all.
    package var dagIDs: [String] = []
    package var excludedDAGIDs: [String] = []
    /// Task instances whose rows one transaction removes; a run is never divided.
    package var batchSize = 2_000

    package init(before: Timestamp, tables: Set<RetentionTable> = Set(RetentionTable.allCases)) {
        self.before = before
        self.tables = tables
    }

    /// The tables that are cleaned: with a run goes all that belongs to it, with a task instance all that belongs to that.
    package var effectiveTables: [RetentionTable] {
        var result = tables
        if tables.contains(.dagRun) { result.formUnion(RetentionTable.ofRuns) }
        if tables.contains(.taskInstance) { result.formUnion(RetentionTable.ofTasks) }
        if tables.contains(.backfill) { result.insert(.backfillRun) }
        return RetentionTable.allCases.filter(result.contains)
    }

    package func covers(_ dagID: String?) -> Bool {
        guard let dagID else { return dagIDs.isEmpty }
        return (dagIDs.isEmpty || dagIDs.contains(dagID)) && !excludedDAGIDs.contains(dagID)
    }

    package static let archivePrefix = "_airflow_deleted__"

    package static func archiveName(of table: RetentionTable, _ archive: String) -> String {
        "\(archivePrefix)\(table.rawValue)__\(archive)"
    }

    /// The table that an archive was filled from; `nil` for a name that is none.
    package static func source(ofArchive name: String) -> RetentionTable? {
        guard name.hasPrefix(archivePrefix) else { return nil }
        let rest = name.dropFirst(archivePrefix.count)
        let found = RetentionTable.allCases.filter { rest.hasPrefix($0.rawValue + "__") }
        let isPlain = rest.utf8.allSatisfy { byte in
            UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
                || byte == UInt8(ascii: "_")
        }
        return isPlain ? found.first : nil
    }
}

/// Tables that retention cleans, children before those that they belong to.
package enum RetentionTable: String, Sendable, Hashable, CaseIterable {
    case taskReschedule = "task_reschedule"
    case taskInstanceHistory = "task_instance_history"
    case xcom
    case renderedFields = "rendered_task_instance_fields"
    case taskStateStore = "task_state_store"
    case hitlDetail = "hitl_detail"
    case taskInstance = "task_instance"
    case trackedMetric = "tracked_metric"
    case trackedParam = "tracked_param"
    case trackedArtifact = "tracked_artifact"
    case dagRunAssetEvent = "dag_run_asset_event"
    case callback, deadline
    case dagRun = "dag_run"
    case assetEvent = "asset_event"
    case backfillRun = "backfill_dag_run"
    case backfill
    case dagVersion = "dag_version"

    /// Rows that go with a task instance.
    package static let ofTasks: Set<RetentionTable> = [
        .taskReschedule, .taskInstanceHistory, .xcom, .renderedFields, .taskStateStore, .hitlDetail, .taskInstance,
    ]

    /// Rows that go with a run, and its own.
    package static let ofRuns: Set<RetentionTable> = ofTasks.union([
        .trackedMetric, .trackedParam, .trackedArtifact, .dagRunAssetEvent, .callback, .deadline, .dagRun,
    ])
}
