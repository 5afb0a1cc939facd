import PipelineCore
import Testing

@testable import DAGParsing

/// Deadline alerts as Airflow 3.3.2 serializes them.
@Suite struct DeadlineDecodingTests {
    private static let hour: JSONValue = ["__classname__": "datetime.timedelta", "__version__": 2, "__data__": 3600.0]
    private static let call: JSONValue = [
        "__classname__": "airflow.sdk.definitions.callback.SyncCallback", "__version__": 0,
        "__data__": ["path": "own.tell", "kwargs": ["a": 1], "executor": .null],
    ]

    private func alerts(_ reference: JSONValue, _ interval: JSONValue = hour, _ callback: JSONValue = call) throws
        -> [DeadlineAlert]
    {
        let alert: JSONValue = ["name": "n", "reference": reference, "interval": interval, "callback": callback]
        return try SerializedDAGDecoder().deadlines(SerializedFields(["deadline": [alert]]))
    }

    @Test(
        arguments: [
            (["reference_type": "DagRunLogicalDateDeadline"], .logicalDate),
            (["reference_type": "DagRunQueuedAtDeadline"], .queuedAt),
            (["reference_type": "FixedDatetimeDeadline", "datetime": 1.5], .fixed(Timestamp(microseconds: 1_500_000))),
            (
                ["reference_type": "AverageRuntimeDeadline", "max_runs": 5, "min_runs": 2],
                .averageRuntime(maxRuns: 5, minRuns: 2)
            ),
            (["reference_type": "AverageRuntimeDeadline"], .averageRuntime(maxRuns: 10, minRuns: 10)),
            (
                ["reference_type": "DagRunQueuedAtDeadline", "__class_path": "own.Reference"],
                .custom(
                    path: "own.Reference",
                    data: ["reference_type": "DagRunQueuedAtDeadline", "__class_path": "own.Reference"])
            ),
        ] as [(JSONValue, DeadlineAlert.Reference)])
    func everyReferenceIsRead(_ encoded: JSONValue, _ reference: DeadlineAlert.Reference) throws {
        let alert = try #require(try alerts(encoded).first)
        #expect(alert.reference == reference)
        #expect(alert.name == "n" && alert.interval == .fixed(.seconds(3600)))
        #expect(alert.callback == DeadlineCallback(isAsync: false, path: "own.tell", kwargs: ["a": 1]))
    }

    @Test(
        arguments: [
            (90, .fixed(.seconds(90))),
            (
                [
                    "__classname__": "airflow.sdk.definitions.deadline.VariableInterval", "__version__": 0,
                    "__data__": ["key": "limit"],
                ], .variable("limit")
            ),
        ] as [(JSONValue, DeadlineAlert.Interval)])
    func everyIntervalIsRead(_ encoded: JSONValue, _ interval: DeadlineAlert.Interval) throws {
        #expect(try alerts(["reference_type": "DagRunQueuedAtDeadline"], encoded).first?.interval == interval)
    }

    @Test func whatIsUnknownIsRefusedByName() throws {
        #expect(throws: DAGParsingError.self) { try alerts(["reference_type": "NextFullMoon"]) }
        #expect(throws: DAGParsingError.self) { try alerts(["reference_type": "DagRunQueuedAtDeadline"], "soon") }
        #expect(throws: DAGParsingError.self) {
            try alerts(["reference_type": "DagRunQueuedAtDeadline"], Self.hour, ["__classname__": "own.Callback"])
        }
    }

    @Test func noneIsNone() throws {
        #expect(try SerializedDAGDecoder().deadlines(SerializedFields(["deadline": .null])).isEmpty)
    }
}
