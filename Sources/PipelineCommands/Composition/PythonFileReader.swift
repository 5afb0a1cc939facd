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
            ).fingerprint + ReadingEnvironment(ProcessEnvironment.all).suffix
        }
    }

    func read(_ requests: [DAGReadRequest]) async throws -> [JSONText] {
        try await host.read(
            requests.map {
                ReadRequest(file: $0.file, bundlePath: $0.folder, bundleName: $0.bundleName, safeMode: false)
            })
    }
}
