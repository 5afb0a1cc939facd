import DAGParsing
import Glibc
import PipelineCore
import PythonHost

/// The only place that chooses drivers.
enum Composition {
    static func pythonHost(_ configuration: Configuration) -> PythonHost {
        var python = PythonConfiguration(
            python: configuration[.python], cacheDirectory: cacheDirectory(configuration),
            environment: ProcessEnvironment.all, maximumReads: max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))))
        python.readTimeLimit = .seconds(configuration.number(.readTimeoutSeconds))
        python.readMemoryLimit = configuration.number(.readMemoryMiB) << 20
        python.errorLogPath = configuration[.home] + "/python-host.log"
        return PythonHost(python, clock: ContinuousClock())
    }

    static func cacheDirectory(_ configuration: Configuration) -> String { configuration[.home] + "/cache" }
}

/// What is installed in the configured Python, for `pipeline info`.
enum PythonInfo {
    static func describe(_ configuration: Configuration) async -> String {
        do {
            let versions = try await PythonProbe.versions(
                python: configuration[.python], cacheDirectory: Composition.cacheDirectory(configuration),
                environment: ProcessEnvironment.all)
            guard let sdk = versions.taskSDK else { return "Python \(versions.python ?? "?"), no apache-airflow-task-sdk" }
            return "Python \(versions.python ?? "?"), apache-airflow-task-sdk \(sdk)"
        } catch {
            return "\(error)"
        }
    }
}
