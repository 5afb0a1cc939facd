import K8sPodExecutor
import PipelineCore
import PipelineTestSupport
import Testing

struct ExecuteTaskWorkloadTests {
    /// What Airflow 3.3's executors wrote for a mapped task, but for its token.
    private static func recorded() throws -> JSONValue {
        try JSONValue.parse(utf8: try FixtureFile.bytes("airflow/workload_ExecuteTask.json"))
    }

    private func launch() throws -> TaskLaunch {
        var builder = DAGBuilder("cap_all")
        builder.header.relativeFileLocation = "cap.py"
        builder.task("sq") { $0.operatorName = "_PythonDecoratedOperator" }
        let run = RunKey(dagID: "cap_all", runID: "cap1")
        let id = try #require(UUID7("01a20920-6910-7427-b136-c972bc9c584b"))
        var instance = TaskInstance(id: id, key: TaskInstanceKey(run: run, taskID: "sq", mapIndex: 1))
        (instance.tryNumber, instance.priorityWeight, instance.hostname) = (1, 6, "vm")
        instance.dagVersionID = UUID7("01a2091e-5c9b-7808-988a-93d16d8f8e14")
        let dag = try builder.build()
        return TaskLaunch(
            id: LaunchID(tryID: id, number: 1), instance: instance,
            run: DAGRun(key: run, type: .manual, runAfter: Timestamp(seconds: 0), triggeredBy: .cli), dag: dag,
            task: try #require(dag["sq"]), shouldRetry: false, isResume: false)
    }

    /// Names, order and types: a worker refuses what it does not know.
    @Test func aWorkloadIsThatOfAirflowsOwnExecutors() throws {
        var workload = ExecuteTaskWorkload(try launch(), bundleName: "dags-folder", token: "<token>")
        workload.contextCarrier = ["traceparent": "00-f8f45a8797884e98eaad0c87a782a462-441591b7431e65c1-00"]
        #expect(workload.text == (try Self.recorded()).serialized())
    }

    @Test func whatIsNotKnownIsNull() throws {
        var launch = try launch()
        launch.instance.hostname = ""
        launch.run.bundleVersion = "4f1c"
        let json = ExecuteTaskWorkload(launch, bundleName: "ml").json
        #expect(json["ti"]?["hostname"] == .null && json["ti"]?["context_carrier"] == .null)
        #expect(json["bundle_info"] == ["name": "ml", "version": "4f1c"])
        #expect(json["token"] == "")
    }
}
