/// Where the DAG file of a launch is, as the task runner finds it.
package struct PythonBundle: Sendable, Hashable {
    /// Airflow's bundle name.
    package var name: String
    /// Commit or content hash; nil for a plain folder.
    package var version: String?
    /// The absolute path of the bundle's root.
    package var path: String
    /// The DAG file relative to `path`.
    package var file: String
    /// A hash of everything that importing the file depends on. Where given, later tries of the file may be forked
    /// from a process that has it parsed.
    package var contentHash: String?

    package init(name: String, version: String?, path: String, file: String, contentHash: String?) {
        self.name = name
        self.version = version
        self.path = path
        self.file = file
        self.contentHash = contentHash
    }
}
