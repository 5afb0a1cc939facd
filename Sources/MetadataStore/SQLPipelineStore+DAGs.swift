package import PipelineCore

extension SQLPipelineStore {
    package func pausedDAGs() async throws -> [String] {
        try await rows("SelectPausedDAGs", [], table: "dag", keyLength: 1) { try $0.text() }
    }

    package func dagRecords() async throws -> [DAGRecord] {
        try await rows("SelectDAGs", [], table: "dag", keyLength: 1) { try DAGRecord(&$0) }
    }

    package func dagRecord(_ dagID: String) async throws -> DAGRecord? {
        try await rows("SelectDAG", [.text(dagID)], table: "dag", keyLength: 1) { try DAGRecord(&$0) }.first
    }

    package func saveDAGRecords(_ records: [DAGRecord]) async throws {
        let last = Dictionary(records.map { ($0.dagID, $0) }, uniquingKeysWith: { $1 })
        let rows = last.values.sorted { $0.dagID < $1.dagID }.map(\.row)
        if !rows.isEmpty { try await write([SQLOperation(database.library["SaveDAG"], rows: rows)]) }
    }

    package func setPaused(_ isPaused: Bool, dagID: String) async throws -> Bool {
        try await write("SetPaused", [.text(dagID), .bool(isPaused)]) > 0
    }

    package func dagVersion(id: UUID7) async throws -> DAGVersion? {
        try await versions("SelectDAGVersion", .uuid(id)).first
    }

    package func latestDAGVersion(dagID: String) async throws -> DAGVersion? {
        try await versions("SelectLatestDAGVersion", .text(dagID)).first
    }

    package func latestDAGVersions() async throws -> [DAGVersion] {
        try await rows("SelectLatestDAGVersions", [], table: "dag_version", keyLength: 1) { try DAGVersion(&$0) }
    }

    /// All in one transaction; where one of them does not just follow, one after the other, to say which.
    package func addDAGVersions(_ versions: [DAGVersion]) async throws {
        guard versions.count > 1 else {
            for version in versions { try await addDAGVersion(version) }
            return
        }
        try await write([SQLOperation(database.library["AddDAGVersion"], rows: versions.map(\.row))])
        let latest = Set(try await latestDAGVersions())
        for version in versions where !latest.contains(version.withoutDocument) { try await addDAGVersion(version) }
    }

    package func dagVersions(dagID: String) async throws -> [DAGVersion] {
        try await versions("SelectDAGVersions", .text(dagID))
    }

    package func addDAGVersion(_ version: DAGVersion) async throws {
        if try await write("AddDAGVersion", version.row) > 0 { return }
        if try await dagVersion(id: version.id) == version { return }
        let latest = try await latestDAGVersion(dagID: version.dagID)?.number ?? 0
        throw StoreError(
            .conflict, "version \(version.number) of \(version.dagID) does not follow version \(latest)",
            location: location)
    }

    private func versions(_ statement: String, _ value: SQLValue) async throws -> [DAGVersion] {
        try await rows(statement, [value], table: "dag_version", keyLength: 3) { try DAGVersion(&$0) }
    }
}

extension SQLPipelineStore {
    package func importErrors() async throws -> [ImportError] {
        try await rows("SelectImportErrors", [], table: "import_error", keyLength: 1) { try ImportError(&$0) }
    }

    package func replaceImportErrors(_ errors: [ImportError]) async throws {
        let added = SQLOperation(database.library["AddImportError"], rows: errors.map(\.row))
        try await write([operation("DeleteImportErrors", []), added])
    }

    package func parsedFile(key: String) async throws -> [UInt8]? { try await parsedFiles(keys: [key])[key] }

    package func parsedFiles(keys: [String]) async throws -> [String: [UInt8]] {
        let found = try await rows("SelectParsedFiles", [.texts(keys)], table: "parsed_file", keyLength: 1) {
            (try $0.text(), try $0.bytes())
        }
        return Dictionary(uniqueKeysWithValues: found)
    }

    package func setParsedFiles(_ files: [String: [UInt8]]) async throws {
        if files.isEmpty { return }
        let rows: [[SQLValue]] = files.sorted { $0.key < $1.key }.map { key, content in
            [.text(key), .int(content.count), .bytes(content)]
        }
        try await write([
            SQLOperation(database.library["SetParsedFile"], rows: rows),
            operation("EvictParsedFiles", [.int(maximumParsedFileBytes)]),
        ])
    }
}
