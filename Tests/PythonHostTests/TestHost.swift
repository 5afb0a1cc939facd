import Glibc
import PipelineCore
import PythonHost
import Testing

/// The Python environment that tests use: `PIPELINE_TEST_PYTHON` names an interpreter with Airflow's SDK.
enum TestPython {
    static let path = getenv("PIPELINE_TEST_PYTHON").map { String(cString: $0) }
    static let isAvailable = path != nil
    static let fixtures = String(#filePath.dropLast("PythonHostTests/TestHost.swift".count)) + "Fixtures"
    static let hostile = "\(fixtures)/dags_hostile"
    static let bundle = "\(fixtures)/python_host/bundle"

    /// One host for all tests: its start costs seconds.
    /// Without a time that a loaded machine could exceed.
    static let shared = host {
        $0.readTimeLimit = .seconds(300)
        $0.readSlice = .seconds(300)
    }

    static func configuration() -> PythonConfiguration {
        var environment: [String: String] = [:]
        for name in ["PATH", "HOME", "LANG"] { environment[name] = getenv(name).map { String(cString: $0) } }
        var result = PythonConfiguration(
            python: path ?? "python3", cacheDirectory: "/tmp/pipeline-python-host-tests-\(getpid())",
            environment: environment, maximumReads: 3)
        result.readMemoryLimit = 400 << 20
        result.overrides["AIRFLOW__CORE__PLUGINS_FOLDER"] = "\(fixtures)/python_host/plugins"
        return result
    }

    static func host(_ change: (inout PythonConfiguration) -> Void = { _ in }) -> PythonHost {
        var configuration = configuration()
        change(&configuration)
        return PythonHost(configuration, clock: ContinuousClock())
    }

    static func read(_ file: String, bundle: String = bundle, limit: Duration? = nil) async throws -> JSONValue {
        try await shared.read(ReadRequest(file: "\(bundle)/\(file)", bundlePath: bundle, timeLimit: limit)).value()
    }
}

extension Trait where Self == ConditionTrait {
    /// Skips, visibly, without a Python environment.
    static var needsPython: Self {
        .enabled(if: TestPython.isAvailable, "set PIPELINE_TEST_PYTHON to a Python with apache-airflow-task-sdk")
    }
}

extension JSONValue {
    var dagIDs: [String] { self["dags"]?.arrayValue?.compactMap { $0["dag_id"]?.stringValue } ?? [] }
    var errors: [JSONValue] { self["import_errors"]?.arrayValue ?? [] }
}
