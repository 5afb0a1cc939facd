import PipelineCore
import Testing

@testable import DAGParsing

/// Tasks that begin in their trigger. The arguments are as Airflow 3.3.2 serializes them.
@Suite struct StartTriggerTests {
    private static let arguments: JSONValue = [
        "__type": "START_TRIGGER_ARGS", "trigger_cls": "own.Trigger",
        "trigger_kwargs": ["__var": ["target_time": "{{ ds }}", "end_from_trigger": true], "__type": "dict"],
        "next_method": "execute_complete", "next_kwargs": ["__var": ["a": 1], "__type": "dict"], "timeout": 90.0,
    ]

    private func task(_ fields: [(String, JSONValue)], at index: Int = 0) throws -> TaskDefinition {
        var document = try Fixtures.json("serialized/ser_simple.json")
        for (key, value) in fields { document = document.setting(value, at: ["dag", "tasks", "\(index)", "__var", key]) }
        return try SerializedDAGDecoder().decode(document).tasks[index]
    }

    @Test func theTriggerIsKeptAsItIsWritten() throws {
        let task = try task([("start_from_trigger", true), ("start_trigger_args", Self.arguments)])
        let deferral = try #require(task.startInTrigger)
        #expect(deferral.triggerClass == "own.Trigger" && deferral.nextMethod == "execute_complete")
        #expect(deferral.triggerKwargs == Self.arguments["trigger_kwargs"])
        #expect(deferral.nextKwargs == Self.arguments["next_kwargs"] && deferral.timeout == .seconds(90))
        #expect(task.attributes["start_trigger_args"] == nil)
    }

    @Test func othersBeginInAWorker() throws {
        #expect(try task([("start_from_trigger", false), ("start_trigger_args", Self.arguments)]).startInTrigger == nil)
        #expect(try task([("start_from_trigger", true)]).startInTrigger == nil)
        let sensor = try task([
            ("task_type", "TimeSensor"), ("start_from_trigger", true), ("start_trigger_args", Self.arguments),
        ])
        #expect(sensor.startInTrigger == nil)
    }

    @Test func whatIsMissingIsNamed() throws {
        let broken = Self.arguments.setting(nil, at: ["next_method"])
        let error = try #require(throws: DAGParsingError.self) {
            _ = try task([("start_from_trigger", true), ("start_trigger_args", broken)])
        }
        #expect(error.path == "dag.tasks[0].start_trigger_args.next_method")
    }
}
