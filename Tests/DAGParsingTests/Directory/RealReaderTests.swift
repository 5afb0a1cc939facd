import Glibc
import PipelineCore
import PipelineTestSupport
import PythonHost
import Testing

@testable import DAGParsing

/// The folder read with the real SDK; `PIPELINE_TEST_PYTHON` names its interpreter.
@Suite(.enabled(if: getenv("PIPELINE_TEST_PYTHON") != nil, "set PIPELINE_TEST_PYTHON to a Python with the Task SDK"))
struct RealReaderTests {
    private struct Reader: DAGFileReader {
        let host: PythonHost

        var sdkVersion: String { get async throws { "test" } }

        func read(_ requests: [DAGReadRequest]) async throws -> [JSONText] {
            try await host.read(
                requests.map { ReadRequest(file: $0.file, bundlePath: $0.folder, bundleName: $0.bundleName) })
        }
    }

    private let folder = TemporaryFolder()
    private let store = InMemoryStore()
    private let host: PythonHost

    init() {
        var environment: [String: String] = [:]
        for name in ["PATH", "HOME", "LANG"] { environment[name] = getenv(name).map { String(cString: $0) } }
        let python = getenv("PIPELINE_TEST_PYTHON").map { String(cString: $0) } ?? "python3"
        host = PythonHost(
            PythonConfiguration(
                python: python, cacheDirectory: "\(folder.path).cache", environment: environment, maximumReads: 2),
            clock: ContinuousClock())
    }

    private func refresh() async throws -> DAGCatalog {
        try await DAGDirectory(
            folder: folder.path, bundleName: "dags-folder", cache: store, reader: Reader(host: host),
            clock: DAGDirectoryTests.FixedClock(), zone: { name in try TestYAML.parser.zone(name) }
        ).refresh()
    }

    /// All in one test: the host takes seconds to start.
    @Test func readsModulesDataAndBothNotations() async throws {
        folder.write("pairs.py", Fixtures.bytes("yaml/pairs.py"))
        folder.write("helpers/__init__.py", "")
        folder.write("helpers/names.py", "NAME = 'from_module'\n")
        folder.write("data.txt", "from_data")
        folder.write(
            "uses.py",
            """
            from airflow.sdk import DAG
            from helpers.names import NAME
            import pathlib
            first = DAG(NAME)
            second = DAG((pathlib.Path(__file__).parent / "data.txt").read_text())
            """)
        folder.write("broken.py", "from airflow.sdk import DAG\nimport not_there_yet\ndag = DAG('was_broken')\n")
        let first = try await refresh()
        #expect(first.filesRead == 3)
        #expect(Set(first.dags.map(\.dag.id)).isSuperset(of: YAMLPairsTests.ids + ["from_module", "from_data"]))
        #expect(first.importErrors.map(\.file) == ["broken.py"] && first.importErrors.first?.line == 2)
        try compareWithYAML(first)
        #expect(try await refresh().filesRead == 0)
        try await rereadsWhatDependsOnAChange()
        await host.stop()
    }

    private func compareWithYAML(_ catalog: DAGCatalog) throws {
        let text = String(decoding: Fixtures.bytes("yaml/pairs.dag.yaml"), as: UTF8.self)
        let parser = YAMLDAGParser(
            folder: folder.path, now: Timestamp(microseconds: 0), zone: { try TestYAML.parser.zone($0) })
        for document in try parser.parse(text, file: "pairs.py") {
            let yaml = try document.decode()
            try expectEqual(yaml, try #require(catalog.dag(yaml.id)).dag)
        }
    }

    private func rereadsWhatDependsOnAChange() async throws {
        folder.write("helpers/names.py", "NAME = 'from_changed_module'\n")
        let module = try await refresh()
        #expect(module.filesRead == 1 && module.dag("from_changed_module") != nil && module.dag("from_module") == nil)
        folder.write("data.txt", "from_changed_data")
        let data = try await refresh()
        #expect(data.filesRead == 1 && data.dag("from_changed_data") != nil)
        folder.write("not_there_yet.py", "")
        let mended = try await refresh()
        #expect(mended.filesRead == 1 && mended.importErrors.isEmpty && mended.dag("was_broken") != nil)
        #expect(try await refresh().filesRead == 0)
    }
}
