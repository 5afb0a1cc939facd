package import PipelineCore

extension SQLPipelineStore {
    package func countRemovable(_ rule: RetentionRule) async throws -> [String: Int] {
        var counts = Self.zeros(rule)
        try await eachBatch(rule) { keys in
            for table in Self.tablesOfRuns(rule) {
                let statement = self.statement(.count, table)
                let found = try await self.rows(statement, keys.values, table: table.rawValue, keyLength: 0) { try $0.int() }
                counts[table.rawValue, default: 0] += found[0]
            }
        }
        for (table, ids) in try await oldRows(rule) {
            counts[table.rawValue] = ids.count
            if table == .backfill { counts[RetentionTable.backfillRun.rawValue] = ids.reduce(0) { $0 + $1.dates } }
        }
        return counts
    }

    package func clean(
        _ rule: RetentionRule, archive: String?, removed: @Sendable ([RunKey]) async throws -> Void
    ) async throws -> [String: Int] {
        try await requireSchema()
        var counts = Self.zeros(rule)
        if let archive { try await createArchives(rule, archive) }
        do {
            try await removeAll(rule, archive, &counts, removed)
        } catch {
            // The failure is what counts; an empty table that stays harms nobody.
            if let archive { try? await dropEmptyArchives(rule, archive) }
            throw error
        }
        if let archive { try await dropEmptyArchives(rule, archive) }
        return counts
    }

    private func removeAll(
        _ rule: RetentionRule, _ archive: String?, _ counts: inout [String: Int],
        _ removed: @Sendable ([RunKey]) async throws -> Void
    ) async throws {
        let tables = Self.tablesOfRuns(rule)
        try await eachBatch(rule) { batch in
            let gone = try await self.remove(batch, tables, archive, &counts)
            if tables.contains(.dagRun), !gone.isEmpty { try await removed(gone) }
        }
        for (table, ids) in try await oldRows(rule) { try await remove(ids, table, archive, &counts) }
    }

    private static func zeros(_ rule: RetentionRule) -> [String: Int] {
        Dictionary(uniqueKeysWithValues: rule.effectiveTables.map { ($0.rawValue, 0) })
    }

    private static func tablesOfRuns(_ rule: RetentionRule) -> [RetentionTable] {
        rule.effectiveTables.filter(RetentionTable.ofRuns.contains)
    }
}

// MARK: - Runs and what belongs to them

/// Runs of one batch.
private struct ChosenRuns {
    var keys: [RunKey] = []
    /// Task instances, tries of before among them, and the runs.
    var weight = 0

    var values: [SQLValue] { [.texts(keys.map(\.dagID)), .texts(keys.map(\.runID))] }
}

extension SQLPipelineStore {
    private struct OldRun {
        var key: RunKey
        var age: Timestamp
        var weight: Int
    }

    private func eachBatch(_ rule: RetentionRule, _ body: (ChosenRuns) async throws -> Void) async throws {
        guard !Self.tablesOfRuns(rule).isEmpty else { return }
        let kept = Set(try await keys("SelectKeptRuns"))
        var place: [SQLValue] = [.timestamp(Timestamp(microseconds: 0)), .text(""), .text("")]
        while true {
            let page = try await oldRuns(before: rule.before, after: place)
            guard let last = page.last else { return }
            place = [.timestamp(last.age), .text(last.key.dagID), .text(last.key.runID)]
            let chosen = page.filter { !kept.contains($0.key) && rule.covers($0.key.dagID) }
            for batch in Self.batches(chosen, rule.batchSize) { try await body(batch) }
        }
    }

    private static func batches(_ runs: [OldRun], _ size: Int) -> [ChosenRuns] {
        var batches: [ChosenRuns] = []
        for run in runs {
            if batches.isEmpty || (batches.last?.weight ?? 0) + run.weight > size { batches.append(ChosenRuns()) }
            batches[batches.count - 1].keys.append(run.key)
            batches[batches.count - 1].weight += run.weight
        }
        return batches
    }

    private func oldRuns(before instant: Timestamp, after place: [SQLValue]) async throws -> [OldRun] {
        try await rows("SelectOldRuns", [.timestamp(instant)] + place, table: "dag_run", keyLength: 2) { row in
            let key = RunKey(dagID: try row.text(), runID: try row.text())
            return OldRun(key: key, age: try row.timestamp(), weight: try row.int() + 1)
        }
    }

    private func keys(_ statement: String) async throws -> [RunKey] {
        try await rows(statement, [], table: "dag_run", keyLength: 2) {
            RunKey(dagID: try $0.text(), runID: try $0.text())
        }
    }

    /// One transaction.
    /// - Returns: the runs that were still finished in it.
    private func remove(
        _ runs: ChosenRuns, _ tables: [RetentionTable], _ archive: String?, _ counts: inout [String: Int]
    ) async throws -> [RunKey] {
        let lock = operation("LockChosenRuns", runs.values)
        let copies = archive.map { archive in
            tables.map { SQLOperation(statement(.archive, $0, archive), rows: [runs.values]) }
        }
        let deletions = tables.map { SQLOperation(statement(.delete, $0), rows: [runs.values]) }
        let results = try await database.write([lock] + (copies ?? []) + deletions, isRepeatable: false)
        for (table, result) in zip(tables, results.suffix(deletions.count)) {
            counts[table.rawValue, default: 0] += result.changed
        }
        return results[0].rows.compactMap { row in
            guard case .text(let dagID) = row[0], case .text(let runID) = row[1] else { return nil }
            return RunKey(dagID: dagID, runID: runID)
        }
    }
}

// MARK: - Rows with an age of their own

/// A row that is old by itself.
private struct OldRow {
    var id: SQLValue
    var dagID: String?
    /// Of a backfill.
    var dates = 0
}

extension SQLPipelineStore {
    /// Rows that one transaction removes.
    private static let rowBatch = 500

    private func oldRows(_ rule: RetentionRule) async throws -> [(RetentionTable, [OldRow])] {
        var found: [(RetentionTable, [OldRow])] = []
        let statements: [(RetentionTable, String)] = [
            (.assetEvent, "SelectOldAssetEvents"), (.backfill, "SelectOldBackfills"), (.dagVersion, "SelectOldDAGVersions"),
        ]
        for (table, statement) in statements where rule.tables.contains(table) {
            let rows = try await rows(statement, [.timestamp(rule.before)], table: table.rawValue, keyLength: 1) { row in
                let id: SQLValue = table == .dagVersion ? .uuid(try row.uuid()) : .int(try row.int())
                return OldRow(id: id, dagID: try row.optionalText(), dates: table == .backfill ? try row.int() : 0)
            }
            found.append((table, rows.filter { rule.covers($0.dagID) }))
        }
        return found
    }

    private func remove(
        _ rows: [OldRow], _ table: RetentionTable, _ archive: String?, _ counts: inout [String: Int]
    ) async throws {
        for start in stride(from: 0, to: rows.count, by: Self.rowBatch) {
            let ids = rows[start..<min(start + Self.rowBatch, rows.count)].map { [$0.id] }
            var operations: [SQLOperation] = []
            func add(_ name: String, _ table: RetentionTable) {
                if let archive {
                    operations.append(SQLOperation(named("Archive" + name, table, archive), rows: ids))
                }
                operations.append(SQLOperation(named("Delete" + name, table), rows: ids))
            }
            if table == .backfill { add("DatesOfBackfill", .backfillRun) }
            add("Row", table)
            let results = try await database.write(operations, isRepeatable: false)
            counts[table.rawValue, default: 0] += results[results.count - 1].changed
            guard table == .backfill else { continue }
            counts[RetentionTable.backfillRun.rawValue, default: 0] += results[archive == nil ? 0 : 1].changed
        }
    }
}

// MARK: - Statements and archives

extension SQLPipelineStore {
    private enum Verb: String {
        case count = "Count"
        case archive = "Archive"
        case delete = "Delete"
    }

    /// Pokes are found through their tries.
    private func statement(_ verb: Verb, _ table: RetentionTable, _ archive: String? = nil) -> SQLStatement {
        named(verb.rawValue + (table == .taskReschedule ? "ReschedulesOfRuns" : "RowsOfRuns"), table, archive)
    }

    private func named(_ name: String, _ table: RetentionTable, _ archive: String? = nil) -> SQLStatement {
        named(name, table, archiveName: archive.map { RetentionRule.archiveName(of: table, $0) })
    }

    private func named(_ name: String, _ table: RetentionTable?, archiveName: String?) -> SQLStatement {
        var text = database.library[name].text
        if let table { text = text.replacing("<table>", with: table.rawValue) }
        if let archiveName { text = text.replacing("<archive>", with: archiveName) }
        return SQLStatement(
            name: [name, table?.rawValue, archiveName].compactMap(\.self).joined(separator: "+"), text: text, isBatch: false)
    }

    private func createArchives(_ rule: RetentionRule, _ archive: String) async throws {
        precondition(archive.utf8.allSatisfy { (48...57).contains($0) }, "an archive is named by digits")
        for table in rule.effectiveTables {
            let statement = named("CreateArchive", table, archive)
            try await database.runScript(statement.text, name: statement.name)
        }
    }

    /// Looks at the tables themselves: a transaction whose answer was lost may have filled them.
    private func dropEmptyArchives(_ rule: RetentionRule, _ archive: String) async throws {
        for table in rule.effectiveTables {
            let filled = try await rows(named("IsArchiveFilled", table, archive), [], table: table.rawValue, keyLength: 0) {
                try $0.int()
            }
            if filled == [0] { try await dropArchive(RetentionRule.archiveName(of: table, archive)) }
        }
    }

    package func archivedTables() async throws -> [String] {
        try await rows("SelectArchives", [], table: "archives", keyLength: 1) { try $0.text() }
            .filter { RetentionRule.source(ofArchive: $0) != nil }
    }

    package func readArchive(
        _ table: String, _ receive: @escaping @Sendable ([String], [String?]) throws -> Void
    ) async throws {
        try await requireArchive(table)
        let statement = named("SelectArchivedRows", nil, archiveName: table)
        _ = try await database.read(SQLOperation(statement, rows: [[]])) { row in
            try receive(row.columns, zip(row.columns, row.values).map { $1.exported(column: $0) })
        }
    }

    package func dropArchive(_ table: String) async throws {
        guard RetentionRule.source(ofArchive: table) != nil else { throw noArchive(table) }
        let statement = named("DropArchive", nil, archiveName: table)
        try await database.runScript(statement.text, name: statement.name)
    }

    private func requireArchive(_ table: String) async throws {
        guard try await archivedTables().contains(table) else { throw noArchive(table) }
    }

    private func noArchive(_ table: String) -> StoreError {
        StoreError(.notFound, "there is no archived table '\(table)'", location: location)
    }
}

extension SQLValue {
    /// For people and other programs. SQLite keeps instants as numbers: which columns hold them is known by their names.
    fileprivate func exported(column: String) -> String? {
        switch self {
        case .null: nil
        case .int(let number) where Self.isInstant(column): Timestamp(microseconds: number).isoFormat
        case .int(let number): String(number)
        case .real(let number): String(number)
        case .bool(let flag): String(flag)
        case .text(let text): text
        case .timestamp(let instant): instant.isoFormat
        case .uuid(let id): id.description
        case .bytes(let bytes) where bytes.count == 16: UUID7(bytes: bytes).description
        case .bytes(let bytes): String(decoding: bytes, as: UTF8.self)
        case .texts, .timestamps: nil
        }
    }

    private static func isInstant(_ column: String) -> Bool {
        column.hasSuffix("_date") || column.hasSuffix("_at") || column.hasSuffix("_dttm") || column.hasSuffix("_after")
            || ["timestamp", "data_interval_start", "data_interval_end", "trigger_timeout"].contains(column)
    }
}
