import ArgumentParser
import Glibc

/// Flags that every command takes.
struct GlobalOptions: ParsableArguments {
    @Option(name: .customLong("home"), help: "Folder for everything that pipeline keeps (PIPELINE_HOME).")
    var home: String?

    @Option(
        name: .customLong("database-url"),
        help: "sqlite:///path or postgresql://user:password@host/database (PIPELINE_DATABASE_URL).")
    var databaseURL: String?

    @Option(name: [.customLong("dags"), .customLong("dags-folder")], help: "Folder of DAG files (PIPELINE_DAGS_FOLDER).")
    var dags: String?

    @Option(name: .customLong("python"), help: "Python with the Task SDK (PIPELINE_PYTHON).")
    var python: String?

    /// - Parameter extra: what flags of the command itself say.
    func configuration(_ extra: [Setting: String] = [:]) throws -> Configuration {
        var flags = extra
        flags[.home] = home
        flags[.databaseURL] = databaseURL
        flags[.dagsFolder] = dags
        flags[.python] = python
        return try Configuration(
            flags: flags, environment: ProcessEnvironment.all, workingDirectory: Paths.workingDirectory())
    }
}

/// Flags of commands that start tasks or look at a cluster.
struct ClusterOptions: ParsableArguments {
    @Option(name: .customLong("executor"), help: "Where pods run: local, kubernetes or podman (PIPELINE_EXECUTOR).")
    var executor: String?

    @Option(name: .customLong("kubeconfig"), help: "File that says where the cluster is (PIPELINE_KUBECONFIG, KUBECONFIG).")
    var kubeconfig: String?

    @Option(name: .customLong("context"), help: "Context of the kubeconfig (PIPELINE_KUBE_CONTEXT).")
    var context: String?

    @Option(name: .customLong("namespace"), help: "Namespace of pods that name none (PIPELINE_NAMESPACE).")
    var namespace: String?

    var flags: [Setting: String] {
        var flags: [Setting: String] = [:]
        flags[.executor] = executor
        flags[.kubeconfig] = kubeconfig
        flags[.kubeContext] = context
        flags[.namespace] = namespace
        return flags
    }
}

/// The environment of this process.
enum ProcessEnvironment {
    static let all: [String: String] = {
        var result: [String: String] = [:]
        var entry = environ
        while let text = entry.pointee {
            let parts = String(cString: text).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2 { result[String(parts[0])] = String(parts[1]) }
            entry += 1
        }
        return result
    }()
}
