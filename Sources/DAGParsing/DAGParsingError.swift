/// Why a DAG could not be read: what is wrong, where it stands, and how to mend it.
package struct DAGParsingError: Error, Hashable, CustomStringConvertible {
    package enum Code: String, Sendable, Hashable {
        /// Not JSON or YAML at all.
        case syntax
        /// A serialized form that this binary cannot read.
        case unsupportedVersion = "unsupported_version"
        case missingField = "missing_field"
        case wrongType = "wrong_type"
        /// Of the right type, but outside what is allowed.
        case invalidValue = "invalid_value"
        /// An encoding (`__type`) that is not known where its value is needed.
        case unknownType = "unknown_type"
        /// A key that `dag.yaml` does not have.
        case unknownKey = "unknown_key"
        /// An edge to a task that is not there.
        case unknownTask = "unknown_task"
        case duplicate
        /// The tasks form a cycle, or stand twice.
        case invalidGraph = "invalid_graph"
        /// Something that only a Python file can say.
        case pythonOnly = "python_only"
        /// A file or folder cannot be read.
        case unreadable
        /// The Python reader broke its contract.
        case reader
    }

    package var code: Code
    package var message: String
    /// Relative to the DAGs folder where that is known.
    package var file: String?
    /// Line of `file`, counted from 1.
    package var line: Int?
    /// Place inside the document, e.g. `dag.tasks[3].retries`; empty for the document itself.
    package var path: String

    package init(
        _ code: Code, _ message: String, file: String? = nil, line: Int? = nil, path: String = ""
    ) {
        self.code = code
        self.message = message
        self.file = file
        self.line = line
        self.path = path
    }

    package var description: String {
        var place = file ?? ""
        if let line { place += place.isEmpty ? "line \(line)" : ":\(line)" }
        let text = path.isEmpty ? message : "\(path): \(message)"
        return place.isEmpty ? text : "\(place): \(text)"
    }

    /// The same error seen from one level further out: `key` (`tasks`, or `[3]`) is put before the path.
    func inside(_ key: String) -> DAGParsingError {
        var error = self
        error.path = path.isEmpty ? key : path.hasPrefix("[") ? key + path : "\(key).\(path)"
        return error
    }

    /// The same error with its file, unless it names one.
    package func inFile(_ file: String) -> DAGParsingError {
        var error = self
        error.file = self.file ?? file
        return error
    }
}

/// Runs `body` and puts `key` before the path of whatever it throws.
func at<T>(_ key: @autoclosure () -> String, _ body: () throws(DAGParsingError) -> T) throws(DAGParsingError) -> T {
    do { return try body() } catch { throw error.inside(key()) }
}
