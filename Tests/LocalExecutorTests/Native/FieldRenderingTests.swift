import PipelineCore
import PipelineTestSupport
import Synchronization
import Testing

@testable import LocalExecutor

/// Fields that are no plain templates: results of other tasks, template files, native objects.
struct FieldRenderingTests {
    private let harness = OperatorHarness()

    private func run(
        _ attributes: JSONObject, configure: (inout TaskLaunch) -> Void = { _ in },
        dag: (inout DAGBuilder) -> Void = { $0.task("other") }
    ) async throws -> OperatorHarness.Answer {
        let launch = try OperatorHarness.launch(
            BashOperation.operatorClass, attributes.merging(["do_xcom_push": true]),
            fields: BashOperation.templateFields, configure: configure, dag: dag)
        return await harness.run(launch)
    }

    private static func result(_ key: String = "return_value", type: JSONValue? = nil) -> JSONValue {
        var inner: JSONObject = ["task_id": "other", "key": .string(key)]
        inner["type"] = type
        return ["__type": "xcomref", "__var": .object(inner)]
    }

    @Test func resultsOfOtherTasksAreTakenAsTheyAre() async throws {
        harness.service.state.withLock { state in
            state.xcoms["other/return_value"] = "echo '{{ ds }}' $X $Y"
            state.xcoms["other/words"] = ["one", "two"]
            state.xcoms["other/word"] = "x.sh"
        }
        let answer = try await run([
            "bash_command": Self.result(),
            "env": ["__type": "dict", "__var": ["X": Self.result("word"), "Y": "{{ ds }}"]],
        ])
        #expect(answer.outcome == .success())
        #expect(answer.xcoms["task/return_value"] == "{{ ds }} x.sh 2026-01-01")
        #expect(try await run(["bash_command": "true", "env": ["X": Self.result("words")]]).exception?.hasPrefix("TypeError") == true)
    }

    @Test func whatOnlyPythonCanPutTogetherGoesToPython() async throws {
        harness.service.state.withLock { $0.xcoms["other/return_value"] = ["__classname__": "Thing", "__data__": 1] }
        #expect(try await run(["bash_command": Self.result()]).end == nil)
        #expect(try await run(["bash_command": Self.result(type: "map")]).end == nil)
        #expect(try await run(["bash_command": Self.result("absent")]).end == nil)
        harness.service.state.withLock { $0.xcoms["other/return_value"] = 42 }
        #expect(try await run(["bash_command": Self.result()]).end == nil)
        harness.service.state.withLock { $0.xcoms["other/return_value"] = "true" }
        let ofMapped = try await run(["bash_command": Self.result()]) { _ in
        } dag: {
            $0.task("other") { $0.expandInput = .dictOfLists([]) }
        }
        #expect(ofMapped.end == nil)
    }

    @Test func templateFilesGoToPython() async throws {
        #expect(try await run(["bash_command": "scripts/say.sh"]).end == nil)
        #expect(try await run(["bash_command": "true", "env": ["X": "a.bash"]]).end == nil)
        #expect(try await run(["bash_command": "echo say.sh "]).outcome == .success())
    }

    /// As the stock operator does with what only turns out to end like the name of a script.
    @Test func aCommandThatEndsLikeAScriptIsRunFromAFile() async throws {
        harness.service.state.withLock { $0.xcoms["other/return_value"] = "echo ${0##*.} of a.sh" }
        let answer = try await run(["bash_command": Self.result()])
        #expect(answer.xcoms["task/return_value"] == "sh of a.sh")
        #expect(answer.events.contains { $0.hasPrefix("Running command: ['/usr/bin/bash', 'tmp") })
    }

    @Test(arguments: [("echo plain", "plain"), ("echo {{ ds }}", nil), ("echo a.sh", nil)])
    func resultsThatAreExpandedOverAreNoTemplates(_ element: String, _ printed: String?) async throws {
        harness.service.state.withLock { $0.xcoms["other/return_value"] = [.string(element)] }
        let answer = try await run([:]) { launch in
            launch.task.expandInput = .dictOfLists([
                ExpandInput.Argument(name: "bash_command", source: .xcom(.plain(taskID: "other", key: "return_value")))
            ])
            launch.instance.key.mapIndex = 0
        }
        #expect(answer.xcoms["task/return_value"] == printed.map(JSONValue.string))
        #expect((answer.end == nil) == (printed == nil))
    }

    @Test(arguments: [(nil, true, true), (nil, false, false), (false, true, false), (true, false, true)])
    func theOperatorsWordOnNativeObjectsWins(_ own: Bool?, _ ofDAG: Bool, _ isNative: Bool) async throws {
        let answer = try await run(["bash_command": "echo $X", "env": ["X": "{{ 41 + 1 }}"]]) { launch in
            launch.task.attributes["render_template_as_native_obj"] = own.map(JSONValue.bool)
        } dag: {
            $0.header.renderTemplateAsNativeObject = ofDAG
        }
        #expect(answer.xcoms["task/return_value"] == (isNative ? nil : "42"))
        #expect(answer.exception?.hasPrefix("TypeError: expected str") == (isNative ? true : nil))
    }
}
