import PipelineCore
import PipelineTestSupport
import Testing

@testable import DAGParsing

struct DAGPublisherTests {
    private let store = InMemoryStore()

    private var publisher: DAGPublisher { DAGPublisher(store: store, clock: DAGDirectoryTests.FixedClock()) }

    private func loaded(_ id: String, note: String = "") throws -> LoadedDAG {
        let entry = ScriptedReader.entry(id, path: "\(id).py", folder: "/dags", note: note)
        let document = try DAGDocument(readerEntry: JSONText(entry))
        return LoadedDAG(
            dag: try document.decode(), document: document.text, hash: try document.hash(), bundleName: "dags-folder",
            bundleVersion: nil)
    }

    private func catalog(_ dags: LoadedDAG..., errors: [ImportError] = []) -> DAGCatalog {
        var catalog = DAGCatalog()
        catalog.dags = dags
        catalog.importErrors = errors
        return catalog
    }

    @Test func writesRecordsAndFirstVersions() async throws {
        let publication = try await publisher.publish(catalog(loaded("a"), loaded("b")))
        #expect(publication.changed == ["a", "b"] && publication.appeared == ["a", "b"])
        let record = try #require(try await store.dagRecord("a"))
        let latest = try #require(try await store.latestDAGVersion(dagID: "a"))
        let version = try #require(try await store.dagVersion(id: latest.id))
        #expect(record.isPaused && !record.isStale && record.relativeFileLocation == "a.py")
        #expect(record.latestVersionID == version.id && version.number == 1)
        #expect(try DAGDocument(utf8: version.document).decode().id == "a")
    }

    @Test func aVersionIsAddedOnlyWhenTheHashHasChanged() async throws {
        try await publisher.publish(catalog(loaded("a"), loaded("b")))
        #expect(try await publisher.publish(catalog(loaded("a"), loaded("b"))) == .init())
        let publication = try await publisher.publish(catalog(loaded("a", note: "new"), loaded("b")))
        #expect(publication.changed == ["a"] && publication.appeared.isEmpty)
        #expect(try await store.dagVersions(dagID: "a").map(\.number) == [2, 1])
        #expect(try await store.dagVersions(dagID: "b").map(\.number) == [1])
    }

    @Test func whatIsGoneIsStaleUntilItComesBack() async throws {
        try await publisher.publish(catalog(loaded("a"), loaded("b")))
        let publication = try await publisher.publish(catalog(loaded("b")))
        #expect(publication.disappeared == ["a"])
        #expect(try await store.dagRecord("a")?.isStale == true)
        #expect(try await publisher.publish(catalog(loaded("b"))) == .init())
        let back = try await publisher.publish(catalog(loaded("a"), loaded("b")))
        #expect(back.appeared == ["a"] && back.changed.isEmpty)
        #expect(try await store.dagRecord("a")?.isStale == false)
    }

    @Test func thePauseOfAKnownDAGIsTheUsers() async throws {
        try await publisher.publish(catalog(loaded("a")))
        _ = try await store.setPaused(false, dagID: "a")
        try await publisher.publish(catalog(loaded("a", note: "new")))
        #expect(try await store.dagRecord("a")?.isPaused == false)
        let unpaused = DAGPublisher(store: InMemoryStore(), clock: DAGDirectoryTests.FixedClock(), pausesNewDAGs: false)
        #expect(try await unpaused.publish(catalog(loaded("b"))).appeared == ["b"])
    }

    @Test func importErrorsAreThoseOfTheLastReading() async throws {
        let error = ImportError(file: "x.py", line: 3, message: "m", traceback: "")
        try await publisher.publish(catalog(errors: [error]))
        #expect(try await store.importErrors() == [error])
        try await publisher.publish(catalog())
        #expect(try await store.importErrors().isEmpty)
    }

    @Test func assetsThatDAGsReferToAreActiveAndContradictionsAreNot() async throws {
        func asset(_ name: String, _ uri: String) -> JSONValue {
            ["__type": "asset", "name": .string(name), "uri": .string(uri), "group": "g", "extra": ["k": 1]]
        }
        var consumer = DAGBuilder("consumer")
        consumer.header.timetable = .assetOrTime(
            condition: [
                "__type": "asset_any", "objects": [asset("a", "s3://a"), ["__type": "asset_ref", "name": "r"]],
            ],
            timetable: .once)
        var producer = DAGBuilder("producer")
        producer.task("t") { $0.outlets = [asset("b", "s3://b"), asset("a", "s3://other"), asset("c", "s3://a")] }
        let dags = [try consumer.build(), try producer.build()]
        let records = ActiveAssets(dags).records
        #expect(records.map(\.name) == ["a", "b"])
        #expect(records[0] == AssetRecord(name: "a", uri: "s3://a", group: "g", extra: ["k": 1]))
    }
}
