import PipelineCore
import PythonHost
import Testing

@Suite(.needsPython)
struct ReadTests {
    @Test func helpersAreFoundBelowTheBundlesRoot() async throws {
        let answer = try await TestPython.read("team/data_pipeline.py")
        #expect(answer.errors.isEmpty)
        let dag = try #require(answer["dags"]?[0])
        #expect(dag["serialized"]?["__version"] == 3)
        #expect(dag["serialized"]?["dag"]?["relative_fileloc"] == "team/data_pipeline.py")
        #expect(dag["native"]?["say"]?["attributes"]?["bash_command"] == "echo HELLO")
        #expect(dag["hash"]?.stringValue?.count == 32)
        #expect(answer["sdk_version"]?.stringValue?.isEmpty == false)
    }

    @Test func theSameFileReadTwiceSerializesTheSame() async throws {
        async let first = TestPython.read("operators.py")
        async let second = TestPython.read("operators.py")
        let (one, two) = try await (first, second)
        #expect(one["dags"] == two["dags"])
        #expect(one.dagIDs == ["macros", "operators"])
    }

    static let nativeTasks = [
        "empty", "bash", "latest_only", "trigger", "branch_time", "branch_day", "date_time", "time_delta", "time",
        "day_of_week", "external", "bash_sensor", "mapped",
    ]
    static let pythonTasks = [
        ("callback", "on_failure_callback"), ("processor", "output_processor"), ("hook", "pre_execute"),
        ("other_executor", "KubernetesExecutor"), ("other_user", "run_as_user"), ("script", "template file"),
        ("subclass", "MyBash"), ("date_function", "execution_date_fn"), ("python", "_PythonDecoratedOperator"),
    ]

    @Test func eachTaskIsNativeOrSaysWhyNot() async throws {
        let answer = try await TestPython.read("operators.py")
        let dag = try #require(answer["dags"]?[1])
        #expect(dag["native"]?.objectValue?.keys.sorted() == Self.nativeTasks.sorted())
        #expect(dag["python_only"]?.objectValue?.keys.sorted() == Self.pythonTasks.map(\.0).sorted())
        for (task, reason) in Self.pythonTasks {
            #expect(dag["python_only"]?[task]?.stringValue?.contains(reason) == true, "\(task)")
        }
    }

    @Test func attributesThatTheSerializedFormLacksAreHandedOver() async throws {
        let native = try #require(try await TestPython.read("operators.py")["dags"]?[1]?["native"])
        func attribute(_ task: String, _ name: String) -> JSONValue? { native[task]?["attributes"]?[name] }
        #expect(attribute("bash", "append_env") == true)
        #expect(attribute("bash", "skip_on_exit_code") == [3, 4])
        // Airflow cuts template fields at 4096 characters; the task needs all of them.
        #expect(attribute("bash", "bash_command")?.stringValue?.count == 5005)
        #expect(attribute("trigger", "conf") == ["__type": "dict", "__var": ["a": [1]]])
        #expect(attribute("branch_time", "target_lower") == ["__type": "time", "__var": "01:00:00"])
        #expect(attribute("branch_time", "target_upper") == ["__type": "naive_datetime", "__var": "2024-01-01T00:00:00"])
        #expect(attribute("branch_day", "week_day_numbers") == [1, 7])
        #expect(attribute("time_delta", "delta") == ["__type": "timedelta", "__var": 3600.0])
        #expect(attribute("time", "target_time") == ["__type": "time", "__var": "03:04:00"])
        #expect(attribute("external", "mode") == "reschedule")
        #expect(attribute("bash_sensor", "retry_exit_code") == 3)
        #expect(native["mapped"]?["mapped"] == true)
        #expect(attribute("mapped", "append_env") == true)
    }

    @Test func userMacrosMakeTemplatedTasksPython() async throws {
        let dag = try #require(try await TestPython.read("operators.py")["dags"]?[0])
        #expect(dag["python_only"]?["templated"]?.stringValue?.contains("user_defined_macros") == true)
        #expect(dag["native"]?["plain"] != nil)
    }

    @Test func podsComeWholeFromTheOperator() async throws {
        guard try await TestPython.shared.start().kubernetesProvider != nil else {
            return withKnownIssue("needs apache-airflow-providers-cncf-kubernetes") { Issue.record("not installed") }
        }
        let dag = try #require(try await TestPython.read("pods.py")["dags"]?[0])
        let pod = try #require(dag["native"]?["train"]?["pod"])
        #expect(pod["metadata"]?["name"] == "train")
        #expect(pod["metadata"]?["namespace"] == "ml")
        let container = try #require(pod["spec"]?["containers"]?[0])
        #expect(pod["spec"]?["containers"]?.arrayValue?.count == 1)
        #expect(container["image"] == "reg/img:{{ ds }}")
        #expect(container["resources"]?["limits"]?["nvidia.com/gpu"] == "1")
        #expect(pod["spec"]?["tolerations"]?[0]?["key"] == "gpu")
        #expect(pod["spec"]?["serviceAccountName"] == "trainer")
        let attributes = try #require(dag["native"]?["train"]?["attributes"])
        #expect(attributes["on_finish_action"] == "keep_pod")
        #expect(attributes["do_xcom_push"] == true)
        #expect(dag["native"]?["sweep"]?["pod"]?["spec"]?["containers"]?[0]?["image"] == "img")
        #expect(dag["python_only"]?["by_namespace"]?.stringValue?.contains("namespace") == true)
    }
}
