import PipelineCore

extension DAGRecord {
    /// In the order of the statement `DAGColumns`.
    var row: [SQLValue] {
        [
            .text(dagID), .bool(isPaused), .bool(isStale), .text(bundleName), .text(relativeFileLocation),
            .text(fileLocation), .uuid(latestVersionID), .timestamp(lastParsedAt),
        ]
    }

    init(_ row: inout RowReader) throws {
        let (dagID, isPaused, isStale) = (try row.text(), try row.bool(), try row.bool())
        self.init(
            dagID: dagID, isPaused: isPaused, bundleName: try row.text(), relativeFileLocation: try row.text(),
            fileLocation: try row.text())
        self.isStale = isStale
        (latestVersionID, lastParsedAt) = (try row.optionalUUID(), try row.optionalTimestamp())
    }
}

extension DAGVersion {
    /// In the order of the statement `DAGVersionColumns`, then the document.
    var row: [SQLValue] {
        [
            .uuid(id), .text(dagID), .int(number), .text(bundleName), .text(bundleVersion), .text(hash),
            .timestamp(createdAt), .bytes(document),
        ]
    }

    init(_ row: inout RowReader) throws {
        let (id, dagID, number) = (try row.uuid(), try row.text(), try row.int())
        let (bundleName, bundleVersion, hash) = (try row.text(), try row.optionalText(), try row.text())
        let createdAt = try row.timestamp()
        self.init(
            id: id, dagID: dagID, number: number, bundleName: bundleName, bundleVersion: bundleVersion, hash: hash,
            document: row.hasMore ? try row.bytes() : [], createdAt: createdAt)
    }
}

extension ImportError {
    /// `filename, line, message, stacktrace`.
    var row: [SQLValue] { [.text(file), .int(line), .text(message), .text(traceback)] }

    init(_ row: inout RowReader) throws {
        self.init(
            file: try row.text(), line: try row.optionalInt(), message: try row.text(), traceback: try row.text())
    }
}
