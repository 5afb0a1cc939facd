import DAGParsing
import PipelineCore
import PythonHost

/// Reads DAG files with the warm Python process.
struct PythonFileReader: DAGFileReader {
    let host: PythonHost
    let configuration: Configuration

    /// What is installed, found out without starting the host: nothing may have to be read.
    var sdkVersion: String {
        get async throws {
            try await PythonProbe.versions(
                python: configuration[.python], cacheDirectory: Composition.cacheDirectory(configuration),
                environment: ProcessEnvironment.all
            ).fingerprint
        }
    }

    func read(_ request: DAGReadRequest) async throws -> JSONValue {
        try await host.read(
            ReadRequest(file: request.file, bundlePath: request.folder, bundleName: request.bundleName, safeMode: false))
    }
}
