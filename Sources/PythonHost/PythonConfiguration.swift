/// Which Python is used and how far a DAG file may go.
package struct PythonConfiguration: Sendable {
    /// The interpreter: a path, or a name that is searched in PATH.
    package var python: String
    /// A directory of ours for scripts, Airflow's home and caches. Made where it is missing.
    package var cacheDirectory: String
    /// The environment of the host; Airflow's settings that we need are laid over it.
    package var environment: [String: String]
    /// Settings that win over ours, such as `AIRFLOW__CORE__PLUGINS_FOLDER`.
    package var overrides: [String: String] = [:]
    /// How long a file may take to import.
    package var readTimeLimit: Duration = .seconds(30)
    /// Behind this time a process that reads several files takes no further one.
    package var readSlice: Duration = .seconds(1)
    /// How many bytes of private memory an import may use.
    package var readMemoryLimit = 2 << 30
    /// How many bytes the answer of one read may have.
    package var resultLimit = 64 << 20
    /// How many files are read at once.
    package var maximumReads: Int
    /// After this long without work the host is ended; nil keeps it.
    package var idleTimeout: Duration?
    /// Where the host's own messages go; nil: this program's standard error.
    package var errorLogPath: String?
    /// How many DAG files are kept parsed for tasks.
    package var maximumWarmFiles = 4

    package init(python: String, cacheDirectory: String, environment: [String: String], maximumReads: Int) {
        self.python = python
        self.cacheDirectory = cacheDirectory
        self.environment = environment
        self.maximumReads = maximumReads
    }

    /// The whole environment of the host process: what the user has set wins over our defaults, but for the database,
    /// which no DAG file may reach.
    var hostEnvironment: [String: String] {
        let defaults = [
            "AIRFLOW_HOME": "\(cacheDirectory)/airflow-home",
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            // The names that a task may ask for; nothing of them is imported.
            "AIRFLOW__CORE__EXECUTOR": "LocalExecutor,KubernetesExecutor",
        ]
        // Airflow wants a URL it can parse. No database can be there.
        let forced = ["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": "sqlite:////dev/null/no-database"]
        return defaults.merging(environment) { $1 }.merging(forced) { $1 }.merging(overrides) { $1 }
    }
}
