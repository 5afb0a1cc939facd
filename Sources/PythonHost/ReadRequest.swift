import PipelineCore

/// Which DAG file is read, and as a part of which bundle.
package struct ReadRequest: Sendable {
    /// The absolute path of the file, or of a packaged zip.
    package var file: String
    /// The absolute path of the bundle's root, which Airflow puts on `sys.path`.
    package var bundlePath: String
    package var bundleName: String
    /// Skip files that mention neither "dag" nor "airflow", as Airflow does.
    package var safeMode: Bool
    /// How long the import may take; nil: as the configuration says.
    package var timeLimit: Duration?
    /// A socket on which the file may ask for variables and connections, over the task runner's protocol; it stays
    /// the caller's.
    package var comms: Int32?

    package init(
        file: String, bundlePath: String, bundleName: String = "dags-folder", safeMode: Bool = true,
        timeLimit: Duration? = nil, comms: Int32? = nil
    ) {
        self.file = file
        self.bundlePath = bundlePath
        self.bundleName = bundleName
        self.safeMode = safeMode
        self.timeLimit = timeLimit
        self.comms = comms
    }

    /// `file` as the bundle names it.
    var relativePath: String {
        let root = bundlePath.hasSuffix("/") ? bundlePath : bundlePath + "/"
        return file.hasPrefix(root) ? String(file.dropFirst(root.count)) : file
    }

    func fields(_ configuration: PythonConfiguration) -> JSONObject {
        [
            "file": .string(file), "bundle_path": .string(bundlePath), "bundle_name": .string(bundleName),
            "safe_mode": .bool(safeMode), "time_limit": .double((timeLimit ?? configuration.readTimeLimit).inSeconds),
            "memory_limit": .int(configuration.readMemoryLimit),
        ]
    }
}
