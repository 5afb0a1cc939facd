/// What a task tells of its work while it runs: metrics of a step, parameters, files. On the wire it is a JSON object
/// in one line of the task's output that begins with `{"pipeline_tracking":`; see docs/decisions/0007-tracking.md.
///
/// A report may come twice, late or from an earlier try: the store keeps what is newest by try.
package struct TrackingReport: Sendable, Hashable {
    /// The environment variable that asks a program for reports, and its value.
    package static let environmentName = "PIPELINE_TRACKING"
    package static let environmentValue = "log"
    /// The first member's name; its value is the version of the form.
    package static let marker = "pipeline_tracking"
    package static let version = 1
    /// Bytes of a line. Longer ones are cut by logs.
    package static let maximumBytes = 64 << 10
    /// Bytes of the name of a metric, parameter or file.
    package static let maximumNameBytes = 250

    package var metrics: [Metric]
    /// See ``TrackedMetric/step``; of all metrics of this report.
    package var step: Int
    package var epoch: Int?
    package var params: JSONObject
    package var artifacts: [ReportedArtifact]

    /// A named number.
    package struct Metric: Sendable, Hashable {
        package var name: String
        package var value: Double

        package init(_ name: String, _ value: Double) {
            self.name = name
            self.value = value
        }
    }

    package init(
        metrics: [Metric] = [], step: Int = 0, epoch: Int? = nil, params: JSONObject = [:],
        artifacts: [ReportedArtifact] = []
    ) {
        self.metrics = metrics
        self.step = step
        self.epoch = epoch
        self.params = params
        self.artifacts = artifacts
    }
}
