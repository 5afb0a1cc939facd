/// A setting of the program: its name in the configuration file, its environment variable, its meaning.
enum Setting: String, CaseIterable, Sendable {
    case home
    case databaseURL = "database_url"
    case dagsFolder = "dags_folder"
    case logsFolder = "logs_folder"
    case python
    case fernetKey = "fernet_key"
    case parallelism
    case readTimeoutSeconds = "read_timeout_seconds"
    case readMemoryMiB = "read_memory_mib"
    case killGraceSeconds = "kill_grace_seconds"

    var environmentName: String { "PIPELINE_" + rawValue.uppercased() }

    /// Airflow's own environment variable for the same thing, used when ours is absent.
    var airflowName: String? {
        switch self {
        case .fernetKey: "AIRFLOW__CORE__FERNET_KEY"
        case .dagsFolder: "AIRFLOW__CORE__DAGS_FOLDER"
        case .parallelism: "AIRFLOW__CORE__PARALLELISM"
        default: nil
        }
    }

    var isSecret: Bool { self == .fernetKey }

    var help: String {
        switch self {
        case .home: "folder for everything that pipeline keeps"
        case .databaseURL: "sqlite:///absolute/path or postgresql://user:password@host:port/database"
        case .dagsFolder: "folder of DAG files"
        case .logsFolder: "folder for the logs of tasks"
        case .python: "Python with apache-airflow-task-sdk, which reads DAG files and runs Python tasks"
        case .fernetKey: "key for connections and variables; several, comma-separated, rotate: the first encrypts"
        case .parallelism: "tasks that run at once"
        case .readTimeoutSeconds: "time limit for reading one DAG file"
        case .readMemoryMiB: "memory limit for reading one DAG file"
        case .killGraceSeconds: "time between SIGTERM and SIGKILL of a task"
        }
    }
}
