import PipelineCore

/// Brings a database's schema to the version that this binary needs, one transaction for each migration.
struct Migrator: Sendable {
    let database: any SQLDatabase

    var needed: Int { database.migrations.last?.number ?? 0 }

    /// The version of the schema that is there; 0 where there is none.
    func found() async throws -> Int {
        guard try await number("SchemaExists") > 0 else { return 0 }
        return try await number("SchemaVersion")
    }

    func migrate() async throws {
        let found = try await found()
        try refuseNewer(found)
        if found == 0 { try await refuseForeignTables() }
        for migration in database.migrations.dropFirst(found) { try await apply(migration) }
    }

    /// Drops all tables and makes them anew; leaves the epoch above the one that was.
    func reset() async throws {
        let found = try await found()
        try refuseNewer(found)
        if found > 0 {
            let epoch = try await number("SelectEpoch")
            try await database.runScript(database.library["DropAll"].text, name: "DropAll")
            try await migrate()
            _ = try await database.write(
                [SQLOperation(database.library["SetEpoch"], rows: [[.int(epoch + 1)]])], isRepeatable: true)
        } else {
            try await migrate()
        }
    }

    /// - Throws: ``StoreError`` `schemaTooNew` or `schemaTooOld`.
    func requireCurrent() async throws {
        let found = try await found()
        try refuseNewer(found)
        guard found == needed else {
            throw StoreError(
                .schemaTooOld,
                "the schema has version \(found), this program needs \(needed); run `pipeline db migrate`",
                location: database.location)
        }
    }

    private func refuseNewer(_ found: Int) throws {
        guard found > needed else { return }
        throw StoreError(
            .schemaTooNew,
            "the schema has version \(found), this program knows \(needed); use the newer program that migrated it",
            location: database.location)
    }

    private func refuseForeignTables() async throws {
        let tables = try await database.read(SQLOperation(database.library["ForeignTables"], rows: [[]])) { $0.values[0] }
        guard case .text(let name)? = tables.first else { return }
        // Another process may have made our own tables in the meantime.
        guard try await found() == 0 else { return }
        throw StoreError(
            .conflict, "the database holds another program's table \(name); give pipeline a database of its own",
            location: database.location)
    }

    /// Another process may migrate at the same time; then its work is found done.
    private func apply(_ migration: Migration) async throws {
        let record = """
            INSERT INTO schema_migration (version, name, applied_at)
            VALUES (\(migration.number), '\(migration.name)', CURRENT_TIMESTAMP);
            """
        do {
            try await database.runScript(migration.script + "\n" + record, name: "migration \(migration.number)")
        } catch let error as StoreError {
            guard try await found() >= migration.number else { throw error }
        }
    }

    private func number(_ statement: String) async throws -> Int {
        let numbers = try await database.read(SQLOperation(database.library[statement], rows: [[]])) { $0.values[0] }
        guard case .int(let value)? = numbers.first else { return 0 }
        return Int(value)
    }
}
