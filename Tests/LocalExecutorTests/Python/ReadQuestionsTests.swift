import Glibc
import PipelineCore
import PythonHost
import Synchronization
import Testing

@testable import LocalExecutor

@Suite(.enabled(if: getenv("PIPELINE_TEST_PYTHON") != nil, "set PIPELINE_TEST_PYTHON to a Python with the Task SDK"))
struct ReadQuestionsTests {
    private func read(_ file: String) async throws -> (answer: JSONValue, hasAsked: Bool) {
        let questions = try ReadQuestions(service: FakeTaskService())
        let folder = PythonTaskRunnerTests.fixtures
        let answer = try await PythonTaskRunnerTests.host.read(
            ReadRequest(file: "\(folder)/\(file)", bundlePath: folder, comms: questions.descriptor))
        return (try answer.value(), await questions.finish())
    }

    @Test func aFileMayAskForVariablesAndConnections() async throws {
        let (answer, hasAsked) = try await read("asks.py")
        #expect(answer["import_errors"] == [])
        let native = answer["dags"]?[0]?["native"]
        #expect(native?["say"]?["attributes"]?["bash_command"] == "echo plain text 5432 fallback")
        #expect(hasAsked)
    }

    @Test func aFileThatAsksNothingMayBeCached() async throws {
        let (answer, hasAsked) = try await read("quiet.py")
        #expect(answer["dags"]?[0]?["dag_id"] == "quiet")
        #expect(!hasAsked)
    }
}
