package import PipelineCore

/// Writes what a catalog says into the store: DAG records, versions, import errors, active assets. Only what has
/// changed is written, so that publishing the same catalog again costs a few reads.
package struct DAGPublisher: Sendable {
    private let store: any DAGStore & AssetStore
    private let clock: any WallClock
    private let pausesNewDAGs: Bool

    /// What has changed in the store.
    package struct Publication: Sendable, Hashable {
        /// DAGs with a new version, which new ones have too.
        package var changed: [String] = []
        /// DAGs that were not known or had gone.
        package var appeared: [String] = []
        /// DAGs that are no longer in the folder.
        package var disappeared: [String] = []
    }

    /// - Parameter pausesNewDAGs: whether a DAG that says nothing about it is paused at first, as by Airflow's
    ///   `core.dags_are_paused_at_creation`.
    package init(store: any DAGStore & AssetStore, clock: any WallClock, pausesNewDAGs: Bool = true) {
        self.store = store
        self.clock = clock
        self.pausesNewDAGs = pausesNewDAGs
    }

    @discardableResult
    package func publish(_ catalog: DAGCatalog) async throws -> Publication {
        let now = clock.now()
        let records = Dictionary(try await store.dagRecords().map { ($0.dagID, $0) }) { first, _ in first }
        let latest = Dictionary(try await store.latestDAGVersions().map { ($0.dagID, $0) }) { first, _ in first }
        var publication = Publication()
        let versions = newVersions(catalog, latest: latest, now: now)
        publication.changed = versions.map(\.dagID)
        var changed: [DAGRecord] = []
        let newest = Dictionary(versions.map { ($0.dagID, $0.id) }) { first, _ in first }
        for loaded in catalog.dags {
            let known = records[loaded.dag.id]
            if known?.isStale ?? true { publication.appeared.append(loaded.dag.id) }
            var record = self.record(loaded, known: known)
            record.latestVersionID = newest[record.dagID] ?? latest[record.dagID]?.id
            record.lastParsedAt = known?.lastParsedAt
            guard record != known else { continue }
            record.lastParsedAt = now
            changed.append(record)
        }
        let gone = disappeared(catalog, records: records)
        publication.disappeared = gone.map(\.dagID)
        changed += gone
        // Records come first: a version belongs to a DAG. The next publication mends what a crash leaves between.
        if !changed.isEmpty { try await store.saveDAGRecords(changed) }
        if !versions.isEmpty { try await store.addDAGVersions(versions) }
        try await publishErrors(catalog.importErrors)
        try await publishAssets(catalog)
        return publication
    }

    private func newVersions(_ catalog: DAGCatalog, latest: [String: DAGVersion], now: Timestamp) -> [DAGVersion] {
        var generator = SystemRandomNumberGenerator()
        return catalog.dags.compactMap { loaded in
            let known = latest[loaded.dag.id]
            guard known?.hash != loaded.hash, let document = loaded.document else { return nil }
            return DAGVersion(
                id: UUID7(at: now, using: &generator), dagID: loaded.dag.id, number: (known?.number ?? 0) + 1,
                bundleName: loaded.bundleName, bundleVersion: loaded.bundleVersion, hash: loaded.hash,
                document: Array(document.utf8), createdAt: now)
        }
    }

    private func record(_ loaded: LoadedDAG, known: DAGRecord?) -> DAGRecord {
        let header = loaded.dag.header
        return DAGRecord(
            dagID: header.id, isPaused: known?.isPaused ?? header.isPausedUponCreation ?? pausesNewDAGs,
            bundleName: loaded.bundleName, relativeFileLocation: header.relativeFileLocation,
            fileLocation: header.fileLocation)
    }

    private func disappeared(_ catalog: DAGCatalog, records: [String: DAGRecord]) -> [DAGRecord] {
        let present = Set(catalog.dags.map(\.dag.id))
        return records.values.filter { !present.contains($0.dagID) && !$0.isStale }.sorted { $0.dagID < $1.dagID }
            .map { record in
                var gone = record
                gone.isStale = true
                return gone
            }
    }

    private func publishErrors(_ errors: [ImportError]) async throws {
        guard Set(try await store.importErrors()) != Set(errors) else { return }
        try await store.replaceImportErrors(errors)
    }

    private func publishAssets(_ catalog: DAGCatalog) async throws {
        let active = ActiveAssets(catalog.dags.map(\.dag)).records
        let known = try await store.assets().filter(\.isActive)
        guard Set(known) != Set(active) else { return }
        try await store.replaceActiveAssets(active)
    }
}
