/// A version of a DAG: what one content of its file said. Runs are pinned to a version (architecture decision D8).
package struct DAGVersion: Sendable, Hashable {
    package var id: UUID7
    package var dagID: String
    /// Counted from 1 within the DAG.
    package var number: Int
    package var bundleName: String
    package var bundleVersion: String?
    /// SHA-256 of ``document``, hexadecimal.
    package var hash: String
    /// The DAG document: Airflow's serialized JSON with ours beside it (`DAGDocument` in DAGParsing), UTF-8.
    package var document: [UInt8]
    package var createdAt: Timestamp

    package init(
        id: UUID7, dagID: String, number: Int, bundleName: String, bundleVersion: String?, hash: String,
        document: [UInt8], createdAt: Timestamp
    ) {
        self.id = id
        self.dagID = dagID
        self.number = number
        self.bundleName = bundleName
        self.bundleVersion = bundleVersion
        self.hash = hash
        self.document = document
        self.createdAt = createdAt
    }

    /// The same with an empty document, as lists of versions give it.
    package var withoutDocument: DAGVersion {
        var result = self
        result.document = []
        return result
    }
}

/// What is known of a DAG beside its versions: a row of `dag`.
package struct DAGRecord: Sendable, Hashable {
    package var dagID: String
    package var isPaused: Bool
    /// Not seen at the last reading of its folder.
    package var isStale: Bool
    package var bundleName: String
    package var relativeFileLocation: String
    package var fileLocation: String
    package var latestVersionID: UUID7?
    package var lastParsedAt: Timestamp?

    package init(dagID: String, isPaused: Bool, bundleName: String, relativeFileLocation: String, fileLocation: String) {
        self.dagID = dagID
        self.isPaused = isPaused
        self.isStale = false
        self.bundleName = bundleName
        self.relativeFileLocation = relativeFileLocation
        self.fileLocation = fileLocation
    }
}

/// A file that could not be read: a row of `import_error`.
package struct ImportError: Sendable, Hashable {
    /// Relative to the DAGs folder.
    package var file: String
    package var line: Int?
    package var message: String
    package var traceback: String

    package init(file: String, line: Int?, message: String, traceback: String) {
        self.file = file
        self.line = line
        self.message = message
        self.traceback = traceback
    }
}
