import PipelineCore
import PipelineTestSupport
import Testing

@testable import DAGParsing

struct DAGDirectoryTests {
    private let folder = TemporaryFolder()
    private let reader = ScriptedReader()
    private let store = InMemoryStore()

    struct FixedClock: WallClock {
        func now() -> Timestamp { Timestamp(iso8601: "2026-03-01T12:00:00Z") ?? Timestamp(microseconds: 0) }
    }

    private func directory(_ reader: ScriptedReader? = nil, at path: String? = nil) -> DAGDirectory {
        DAGDirectory(
            folder: path ?? folder.path, bundleName: "dags-folder", cache: store, reader: reader ?? self.reader,
            clock: FixedClock(), zone: { _ in .utc }, maximumConcurrentReads: 3)
    }

    private func ids(_ catalog: DAGCatalog) -> [String] { catalog.dags.map(\.dag.id) }

    @Test func readsEachFileOnceAlsoAcrossRestarts() async throws {
        folder.write("a.py", script("dag a"))
        folder.write("sub/b.py", script("dag b", "dag b2"))
        let first = directory()
        let catalog = try await first.refresh()
        #expect(ids(catalog) == ["a", "b", "b2"] && catalog.filesRead == 2 && catalog.filesSeen == 2)
        let again = try await first.refresh()
        #expect(ids(again) == ["a", "b", "b2"] && again.filesRead == 0)
        let restarted = try await directory().refresh()
        #expect(ids(restarted) == ["a", "b", "b2"] && restarted.filesRead == 0)
        #expect(reader.reads == ["a.py", "sub/b.py"])
        #expect(restarted.dags.map(\.hash) == catalog.dags.map(\.hash))
        #expect(restarted.dags.map(\.document) == catalog.dags.map(\.document))
    }

    @Test func readsWhatHasChangedAndNothingElse() async throws {
        folder.write("a.py", script("dag a"))
        folder.write("b.py", script("dag b"))
        let directory = directory()
        _ = try await directory.refresh()
        reader.forget()
        folder.write("b.py", script("dag b", "dag c"))
        folder.remove("a.py")
        let catalog = try await directory.refresh()
        #expect(ids(catalog) == ["b", "c"])
        #expect(reader.reads == ["b.py"])
    }

    @Test func aNewSDKReadsAnew() async throws {
        folder.write("a.py", script("dag a"))
        _ = try await directory().refresh()
        let newer = ScriptedReader(version: "1.4.0")
        #expect(try await directory(newer).refresh().filesRead == 1)
    }

    @Test func aChangedModuleReadsItsImportersAnew() async throws {
        folder.write("a.py", script("dag a", "import lib/util.py"))
        folder.write("b.py", script("dag b"))
        folder.write("lib/util.py", "x = 1")
        let directory = directory()
        _ = try await directory.refresh()
        #expect(try await directory.refresh().filesRead == 0)
        reader.forget()
        folder.write("lib/util.py", "x = 2")
        #expect(try await directory.refresh().filesRead == 1)
        #expect(reader.reads == ["a.py"])
        folder.remove("lib/util.py")
        #expect(try await directory.refresh().filesRead == 1)
        #expect(try await self.directory().refresh().filesRead == 0)
    }

    @Test func anAnswerThatDoesNotSayWhatItLoadedHoldsUntilTheFolderChanges() async throws {
        folder.write("a.py", script("dag a", "unknown"))
        folder.write("util.py", "x = 1")
        let directory = directory()
        _ = try await directory.refresh()
        #expect(try await directory.refresh().filesRead == 0)
        folder.write("util.py", "x = 2")
        #expect(try await directory.refresh().filesRead == 1)
    }

    @Test func aFailingFileTouchesNoOther() async throws {
        folder.write("a.py", script("error 7 NameError: x"))
        folder.write("b.py", script("broken"))
        folder.write("c.py", script("fail"))
        folder.write("d.py", script("dag d", "error 2 second DAG is wrong"))
        let directory = directory()
        let catalog = try await directory.refresh()
        #expect(ids(catalog) == ["d"])
        #expect(catalog.importErrors.map(\.file) == ["a.py", "b.py", "c.py", "d.py"])
        #expect(
            catalog.importErrors[0]
                == ImportError(
                    file: "a.py", line: 7, message: "NameError: x", traceback: "Traceback"))
        #expect(catalog.importErrors[2].message == "no memory for a fork")
        // What the file did is remembered, what the reader could not do is tried again.
        reader.forget()
        #expect(try await directory.refresh().importErrors == catalog.importErrors)
        #expect(reader.reads == ["b.py", "c.py"])
    }

    @Test func theLaterFileOfADoubleIDIsAnErrorThatNamesTheEarlier() async throws {
        folder.write("z.py", script("dag same", "dag own"))
        folder.write("a/first.py", script("dag same"))
        let catalog = try await directory().refresh()
        #expect(ids(catalog) == ["same", "own"])
        #expect(catalog.dag("same")?.dag.header.relativeFileLocation == "a/first.py")
        let error = try #require(catalog.importErrors.first)
        #expect(error.file == "z.py" && error.message.contains("a/first.py"))
        #expect(catalog.importErrors.count == 1)
    }

    @Test func withoutAReaderEveryPythonFileSaysWhy() async throws {
        folder.write("a.py", script("dag a"))
        let catalog = try await directory(ScriptedReader(failure: "install apache-airflow-task-sdk")).refresh()
        #expect(catalog.dags.isEmpty)
        #expect(catalog.importErrors.map(\.message) == ["install apache-airflow-task-sdk"])
    }

    @Test func readsSeveralFilesAtOnceUpToTheBound() async throws {
        for number in 0..<20 { folder.write("f\(number).py", script("dag d\(number)")) }
        let catalog = try await directory().refresh()
        #expect(catalog.dags.count == 20)
        #expect((2...3).contains(reader.maximumRunning))
    }

    @Test(arguments: [2, 7, 50])
    func aReaderMayTakeSeveralFilesAtOnceAndLeaveTheRest(batch: Int) async throws {
        for number in 10..<30 { folder.write("f\(number).py", script("dag d\(number)")) }
        folder.write("f15.py", script("broken"))
        folder.write("f21.py", script("fail"))
        let catalog = try await directory(ScriptedReader(batch: batch)).refresh()
        #expect(ids(catalog) == (10..<30).filter { $0 != 15 && $0 != 21 }.map { "d\($0)" })
        #expect(catalog.importErrors.map(\.file) == ["f15.py", "f21.py"])
        #expect(catalog.filesRead == 20)
    }

    @Test func aMovedFolderKeepsHashesAndShowsItsNewPlace() async throws {
        folder.write("a.py", script("dag a"))
        let before = try #require(try await directory().refresh().dag("a"))
        let other = TemporaryFolder()
        other.write("a.py", script("dag a"))
        let catalog = try await directory(at: other.path + "/").refresh()
        let after = try #require(catalog.dag("a"))
        #expect(catalog.filesRead == 0)
        #expect(after.hash == before.hash)
        #expect(after.dag.header.fileLocation == "\(other.path)/a.py")
        #expect(after.dag["t"]?.pythonReason == "scripted")
    }

    @Test func aMissingFolderIsAnError() async {
        await #expect(throws: DAGParsingError.self) { try await directory(at: "/nonexistent/dags").refresh() }
    }

    @Test func aDAGThatCannotBeDecodedIsAnErrorOfItsFile() async throws {
        let entry = ScriptedReader.entry("x", path: "a.py", folder: "/dags").setting(
            "many", at: ["serialized", "dag", "max_active_runs"])
        let parsed = try ParsedFile(answer: JSONText(["dags": [entry]]), path: "a.py")
        let configuration = DAGDirectory.Configuration(
            folder: "/dags", bundleName: "b", bundleVersion: nil, maximumConcurrentReads: 1)
        let file = LoadedFile(parsed, path: "a.py", configuration: configuration)
        #expect(file.dags.isEmpty)
        #expect(file.errors.first?.message.contains("DAG 'x'.dag.max_active_runs: expected an integer") == true)
    }

    @Test func yamlNeedsNoReaderAndStandsBesidePython() async throws {
        folder.write("dag.yaml", "y: {tasks: {t: {operator: EmptyOperator}}}")
        folder.write("sub/more.dag.yaml", "same: {tasks: {}}")
        folder.write("z.py", script("dag same", "dag p"))
        folder.write("wrong/dag.yaml", "w:\n  tasks: 3\n")
        let directory = directory()
        let catalog = try await directory.refresh()
        #expect(ids(catalog) == ["y", "same", "p"])
        #expect(catalog.importErrors.map(\.file) == ["wrong/dag.yaml", "z.py"])
        #expect(catalog.importErrors[0].line == 2)
        #expect(catalog.importErrors[0].message == "w.tasks: expected a mapping or a list, found 3")
        #expect(reader.reads == ["z.py"])
        let withoutPython = try await self.directory(ScriptedReader(failure: "no Python")).refresh()
        #expect(ids(withoutPython) == ["y", "same"])
        folder.write("dag.yaml", "y2: {tasks: {}}")
        #expect(ids(try await directory.refresh()) == ["y2", "same", "p"])
    }

    /// The bound of the issue (0.3 s) is for an optimised build; this one only counts the reads.
    @Test func aThousandUnchangedFilesAreNotRead() async throws {
        for number in 0..<1_000 { folder.write("team\(number % 10)/f\(number).py", script("dag d\(number)")) }
        _ = try await directory().refresh()
        reader.forget()
        let clock = ContinuousClock()
        let start = clock.now
        let catalog = try await directory().refresh()
        print("second start of 1000 files: \(clock.now - start)")
        #expect(catalog.dags.count == 1_000 && catalog.filesRead == 0)
    }
}
