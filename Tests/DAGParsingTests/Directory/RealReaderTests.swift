import Foundation
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
        try await readsTemplateFilesAnew()
        try await readsArchives()
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

    /// Of a file beside the DAG and of one on a search path outside of the folder.
    private func readsTemplateFilesAnew() async throws {
        let outside = TemporaryFolder()
        outside.write("away.sh", "echo away")
        folder.write("scripts/near.sh", "echo near {{ ds }}")
        folder.write(
            "templates.py",
            """
            from airflow.providers.standard.operators.bash import BashOperator
            from airflow.sdk import DAG
            with DAG("templates", template_searchpath="\(outside.path)"):
                BashOperator(task_id="near", bash_command="scripts/near.sh")
                BashOperator(task_id="away", bash_command="away.sh")
            """)
        func commands(_ catalog: DAGCatalog) -> [String?] {
            ["near", "away"].map { catalog.dag("templates")?.dag[$0]?.native?.attributes["bash_command"]?.stringValue }
        }
        #expect(commands(try await refresh()) == ["echo near {{ ds }}", "echo away"])
        #expect(try await refresh().filesRead == 0)
        folder.write("scripts/near.sh", "echo nearer")
        #expect(commands(try await refresh()) == ["echo nearer", "echo away"])
        outside.write("away.sh", "echo far away")
        let changed = try await refresh()
        #expect(changed.filesRead == 1 && commands(changed) == ["echo nearer", "echo far away"])
    }

    private func readsArchives() async throws {
        let source = TemporaryFolder()
        source.write("packed.py", "from airflow.sdk import DAG\nfrom packed_names import NAME\ndag = DAG(NAME)\n")
        source.write("packed_names.py", "NAME = 'from_archive'\n")
        let archive = "\(folder.path)/team/packed.zip"
        folder.write("team/packed.zip", "")
        try zip(["packed.py", "packed_names.py"], in: source.path, to: archive)
        let first = try await refresh()
        #expect(first.importErrors.isEmpty, "\(first.importErrors)")
        let dag = try #require(first.dag("from_archive")?.dag)
        #expect(dag.header.relativeFileLocation == "team/packed.zip/packed.py")
        #expect(try await refresh().filesRead == 0)
        source.write("packed_names.py", "NAME = 'from_other_archive'\n")
        try zip(["packed.py", "packed_names.py"], in: source.path, to: archive)
        let second = try await refresh()
        #expect(second.filesRead == 1 && second.dag("from_other_archive") != nil && second.dag("from_archive") == nil)
    }

    private func zip(_ files: [String], in folder: String, to archive: String) throws {
        let process = Process()
        process.executableURL = URL(filePath: getenv("PIPELINE_TEST_PYTHON").map { String(cString: $0) } ?? "python3")
        process.arguments = ["-m", "zipfile", "-c", archive] + files
        process.currentDirectoryURL = URL(filePath: folder)
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
    }
}
