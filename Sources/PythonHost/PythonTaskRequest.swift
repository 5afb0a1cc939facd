import PipelineCore

/// One try of a task that Airflow's own task runner shall run.
package struct PythonTaskRequest: Sendable {
    /// The ends of four stream sockets that become the runner's; they stay the caller's, who closes them afterwards.
    package struct Descriptors: Sendable {
        /// The runner's requests and our answers.
        package var requests: Int32
        package var stdout: Int32
        package var stderr: Int32
        /// JSON log lines.
        package var logs: Int32

        package init(requests: Int32, stdout: Int32, stderr: Int32, logs: Int32) {
            self.requests = requests
            self.stdout = stdout
            self.stderr = stderr
            self.logs = logs
        }

        var all: [Int32] { [requests, stdout, stderr, logs] }
    }

    package var descriptors: Descriptors
    package var bundleName: String
    package var bundlePath: String
    /// Laid over the host's environment.
    package var environment: [String: String] = [:]
    /// The DAG file and the hash of all that its import depends on. Where given, later tries may be forked from a host
    /// that has the file parsed.
    package var warmFile: (path: String, contentHash: String)?

    package init(descriptors: Descriptors, bundleName: String, bundlePath: String) {
        self.descriptors = descriptors
        self.bundleName = bundleName
        self.bundlePath = bundlePath
    }

    var fields: JSONObject {
        [
            "bundle_name": .string(bundleName), "bundle_path": .string(bundlePath),
            "environment": .object(JSONObject(environment.map { ($0.key, .string($0.value)) })),
        ]
    }
}
