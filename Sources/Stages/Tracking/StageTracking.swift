import HTTPTransport
package import PipelineCore

/// Reports what a stage does to whoever keeps record of it: lines of the output where the environment asks for them
/// (see ``PipelineCore/TrackingReport``), nothing elsewhere. Repeating a report does no harm.
package struct StageTracking: Sendable {
    /// No record is kept.
    package static let none = StageTracking(writer: nil)

    private let writer: (any OutputWriter)?

    private init(writer: (any OutputWriter)?) { self.writer = writer }

    /// - Parameter writer: gets the lines if `environment` asks for reports.
    init(environment: [String: String], writer: any OutputWriter) {
        let isWanted = environment[TrackingReport.environmentName] == TrackingReport.environmentValue
        self.init(writer: isWanted ? writer : nil)
    }

    package func report(_ report: @autoclosure () -> TrackingReport) {
        guard let writer else { return }
        writer.write(report().line + "\n")
    }

    /// The numbers among `values`, measured after `step` steps.
    func metrics(_ values: JSONObject, step: Int = 0, epoch: Int? = nil) {
        report(
            TrackingReport(
                metrics: values.compactMap { name, value in
                    value.doubleValue.map { TrackingReport.Metric(name, $0) }
                }, step: step, epoch: epoch))
    }

    /// What is `null` was left out and is not reported.
    func params(_ values: some Sequence<JSONObject.Element>) {
        let shown = values.filter { !$0.value.isNull }.map { ($0.key, Self.withoutSecrets($0.value)) }
        report(TrackingReport(params: JSONObject(shown)))
    }

    /// Files by their last names, which are read for their check sums only where somebody keeps record.
    func artifacts(_ paths: [String]) throws(StageError) {
        guard let writer else { return }
        var files: [ReportedArtifact] = []
        for path in paths {
            let bytes = FileIO.size(of: path) ?? 0
            files.append(
                ReportedArtifact(
                    name: FileIO.lastComponent(of: path), path: FileIO.absolute(path), bytes: bytes,
                    sha256: try FileDigest.sha256(of: path)))
        }
        writer.write(TrackingReport(artifacts: files).line + "\n")
    }

    /// URLs lose their credentials and queries: records are read by many.
    private static func withoutSecrets(_ value: JSONValue) -> JSONValue {
        guard case .string(let text) = value, text.hasPrefix("http://") || text.hasPrefix("https://") else {
            return value
        }
        return .string(HTTPRequest.redacted(text))
    }
}
