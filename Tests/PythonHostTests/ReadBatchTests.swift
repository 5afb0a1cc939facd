import PipelineCore
import Testing

@testable import PythonHost

struct ReadBatchTests {
    private func request(_ file: String, comms: Int32? = nil) -> ReadRequest {
        ReadRequest(file: "/dags/\(file)", bundlePath: "/dags", comms: comms)
    }

    @Test func holdsAsManyFilesAsAChildAndARequestTake() {
        #expect(ReadBatch((0..<40).map { request("\($0).py") }).count == ReadBatch.maximumFiles)
        let longName = String(repeating: "n", count: 4000) + ".py"
        #expect(ReadBatch((0..<40).map { _ in request(longName) }).count == ReadBatch.maximumNameBytes / 4009)
    }

    @Test func filesThatAskOrAreArchivesStandAlone() {
        #expect(ReadBatch([request("a.py"), request("b.zip"), request("c.py")]).count == 1)
        #expect(ReadBatch([request("a.py"), request("b.py", comms: 3)]).count == 1)
    }

    @Test func halfAFrameIsNoAnswer() {
        let frame: [UInt8] = [0, 0, 0, 2] + Array("{}".utf8)
        #expect(ReadBatch.answers(frame + frame).count == 2)
        #expect(ReadBatch.answers(frame + frame.dropLast()).count == 1)
        #expect(ReadBatch.answers([0, 0]).isEmpty)
    }
}

/// Files that are read one after the other in one process meet what they would meet alone.
@Suite(.needsPython)
struct BatchIsolationTests {
    private let folder = "\(TestPython.fixtures)/python_host/batch"

    /// The DAGs of each file, call by call until all are read.
    private func calls(_ files: String...) async throws -> [[[String]]] {
        var left = files.map { ReadRequest(file: "\(folder)/\($0).py", bundlePath: folder) }
        var calls: [[[String]]] = []
        while !left.isEmpty {
            let answers = try await TestPython.shared.read(left).map { try $0.value() }
            calls.append(answers.map { $0.dagIDs + $0.errors.compactMap { $0["message"]?.stringValue } })
            left.removeFirst(answers.count)
        }
        return calls
    }

    @Test func filesThatLeaveNothingBehindShareAProcess() async throws {
        let expected = [[["plain_a_1"], ["plain_b_1"], ["sees_nothing"]]]
        #expect(try await calls("plain_a", "plain_b", "sees_environment") == expected)
    }

    @Test func modulesOfTheBundleAreDependenciesOfEachOfItsImporters() async throws {
        let requests = ["plain_a", "plain_b"].map { ReadRequest(file: "\(folder)/\($0).py", bundlePath: folder) }
        for answer in try await TestPython.shared.read(requests) {
            #expect(try answer.member("dependencies")?.value() == ["registry.py"])
        }
    }

    @Test(arguments: [
        "sets_environment", "patches_a_class", "patches_an_operator", "patches_a_function", "stands_in_a_module",
        "adds_a_builtin", "enters_a_dag", "sets_the_process_up",
    ])
    func aFileThatLeavesSomethingBehindIsTheLastOfItsProcess(_ file: String) async throws {
        let expected = [[["plain_a_1"], [file]], [["sees_nothing"]]]
        #expect(try await calls("plain_a", file, "sees_environment") == expected)
    }

    @Test func aLibraryThatAFileImportsIsNotMetByTheNext() async throws {
        let expected = [[["plain_a_1"], ["changes_a_library"]], [["sees_nothing"]]]
        #expect(try await calls("plain_a", "changes_a_library", "sees_a_library") == expected)
    }

    @Test func aFailureCountsOnlyInAProcessOfItsOwn() async throws {
        let expected = [[["plain_a_1"]], [["RuntimeError: on purpose"]], [["plain_b_1"]]]
        #expect(try await calls("plain_a", "breaks", "plain_b") == expected)
    }

    @Test func aCrashTakesNoAnswerAlong() async throws {
        let found = try await calls("plain_a", "crashes", "plain_b")
        #expect(found.map(\.count) == [1, 1, 1])
        #expect(found[0] == [["plain_a_1"]] && found[2] == [["plain_b_1"]])
        #expect(found[1][0].first?.contains("SIGKILL") == true)
    }
}
