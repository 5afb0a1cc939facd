import PipelineCore
import Testing

@Suite struct TrackingReportTests {
    private static let digest = String(repeating: "0a", count: 32)

    @Test(arguments: [
        TrackingReport(metrics: [.init("val_loss", 0.5), .init("lr", .infinity)], step: 12, epoch: 3),
        TrackingReport(metrics: [.init("step_loss", 4.6)]),
        TrackingReport(params: ["lr": 0.1, "init": .null, "tags": ["a"]]),
        TrackingReport(artifacts: [
            ReportedArtifact(name: "best", path: "/out/best.safetensors", bytes: 44, sha256: digest)
        ]),
    ])
    func aReportSurvivesItsLine(_ report: TrackingReport) throws {
        #expect(TrackingReport.isReport(report.line))
        #expect(!report.line.contains("\n"))
        #expect(try TrackingReport(line: report.line) == report)
    }

    @Test func aLineOfAnotherLanguageIsRead() throws {
        let line = #"{"pipeline_tracking": 1, "metrics": {"loss": 2}, "step": 4, "epoch": null, "extra": true}"#
        #expect(try TrackingReport(line: line) == TrackingReport(metrics: [.init("loss", 2)], step: 4))
        #expect(try TrackingReport(line: #"{"pipeline_tracking":1,"metrics":{"a":NaN}}"#).metrics[0].value.isNaN)
    }

    @Test(arguments: ["", "{", "{\"event\": 1}", " {\"pipeline_tracking\":1}", "pipeline_tracking"])
    func otherLinesAreNoReports(_ line: String) { #expect(!TrackingReport.isReport(line)) }

    @Test(arguments: [
        ("{\"pipeline_tracking\":1", "it is not a JSON object"),
        ("{\"pipeline_tracking\":9}", "pipeline_tracking is 9, this pipeline reads version 1"),
        ("{\"pipeline_tracking\":1,\"metrics\":{\"a\":\"x\"}}", "metric a is \"x\", not a number"),
        ("{\"pipeline_tracking\":1,\"metrics\":[1]}", "metrics is not a JSON object"),
        ("{\"pipeline_tracking\":1,\"metrics\":{\"a\":1},\"step\":-1}", "step is -1, not an integer of at least 0"),
        ("{\"pipeline_tracking\":1,\"metrics\":{\"\":1}}", "metrics has a name of 0 bytes; give 1 to 250"),
        ("{\"pipeline_tracking\":1,\"artifacts\":[{\"name\":\"a\"}]}", "an artifact needs name, path, bytes and"),
        ("{\"pipeline_tracking\":1,\"artifacts\":{}}", "artifacts is not a list"),
    ])
    func aBrokenReportSaysWhatIsWrong(_ line: String, _ reason: String) {
        let error = #expect(throws: TrackingReport.LineError.self) { _ = try TrackingReport(line: line) }
        #expect(error?.description.hasPrefix(reason) == true)
    }

    @Test func aReportAtTheBoundIsRead() throws {
        func line(_ bytes: Int) -> String {
            let frame = TrackingReport(params: ["a": ""]).line.utf8.count
            return TrackingReport(params: ["a": .string(String(repeating: "x", count: bytes - frame))]).line
        }
        #expect(try TrackingReport(line: line(TrackingReport.maximumBytes)).params.count == 1)
        let error = #expect(throws: TrackingReport.LineError.self) {
            _ = try TrackingReport(line: line(TrackingReport.maximumBytes + 1))
        }
        #expect(error?.description.hasPrefix("it has 65537 bytes, more than 65536") == true)
    }
}
