package import PipelineCore

/// Reads DAG files that are programs, in a child process with the real SDK. The driver is `PythonHost`; `Composition`
/// joins the two.
package protocol DAGFileReader: Sendable {
    /// What the answers depend on beside the file: a new SDK may serialize the same file otherwise.
    /// - Throws: where there is no Python that can read DAGs; the error says what to install.
    var sdkVersion: String { get async throws }

    /// What is in the first of the files, and in as many behind it as the reader likes to take at once: one answer for
    /// each, in their order. Limits that a file runs into (time, memory, output, a crash) are part of the answer, in
    /// `import_errors`; only a reader that cannot work at all throws.
    ///
    /// An answer: `{"dags": [{"dag_id", "serialized", "native", "python_only", "weights"?}],
    /// "import_errors": [{"file", "line", "message", "traceback"}], "dependencies": [path]}`, where `dependencies` are
    /// the files below the folder that the file has loaded, relative to it; absent when the reader cannot say.
    func read(_ requests: [DAGReadRequest]) async throws -> [JSONText]
}

package struct DAGReadRequest: Sendable, Hashable {
    /// The absolute path of the file, or of a packaged zip.
    package var file: String
    /// The absolute path of the DAGs folder.
    package var folder: String
    package var bundleName: String

    package init(file: String, folder: String, bundleName: String) {
        self.file = file
        self.folder = folder
        self.bundleName = bundleName
    }
}
