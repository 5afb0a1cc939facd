import Glibc
import MetadataStore
import PipelineCore

/// An open store and the settings: what most commands need.
struct Workspace: Sendable {
    let configuration: Configuration
    let store: any PipelineStore
    /// Where the results of reading DAG files are kept: a scratch workspace uses those of the one beside it.
    let parsedFiles: any PipelineStore

    init(configuration: Configuration, store: any PipelineStore, parsedFiles: (any PipelineStore)? = nil) {
        self.configuration = configuration
        self.store = store
        self.parsedFiles = parsedFiles ?? store
    }

    /// Opens the store. An empty one gets its schema at once, as does an embedded one that is older than this binary;
    /// a shared server is migrated by `pipeline db migrate` alone.
    static func open(_ configuration: Configuration, migrating: Bool = true) async throws -> Workspace {
        try Paths.createDirectory(configuration[.home])
        let store = try await StoreFactory.open(
            url: configuration[.databaseURL], secretKey: try fernetKeys(configuration))
        if migrating {
            let version = try await store.schemaVersion()
            let isEmbedded = !configuration[.databaseURL].hasPrefix("postgres")
            if version.found == 0 || (isEmbedded && version.found < version.needed) {
                try await store.migrate()
            } else if version.found != version.needed {
                throw Workspace.schemaError(version, at: store.location)
            }
        }
        return Workspace(configuration: configuration, store: store)
    }

    func close() async { await store.close() }

    private static func schemaError(_ version: (found: Int, needed: Int), at location: String) -> StoreError {
        if version.found > version.needed {
            return StoreError(
                .schemaTooNew,
                "the schema is version \(version.found), this pipeline knows \(version.needed); use a newer pipeline",
                location: location)
        }
        return StoreError(
            .schemaTooOld,
            "the schema is version \(version.found), this pipeline needs \(version.needed); run 'pipeline db migrate'",
            location: location)
    }

    /// The configured keys, or the one in `fernet.key` of the home folder, which is made at the first start.
    private static func fernetKeys(_ configuration: Configuration) throws -> String {
        let text = configuration[.fernetKey]
        return text.isEmpty ? try FernetKey.loadOrCreate(configuration[.home] + "/fernet.key") : text
    }
}

/// The clock on the wall.
struct SystemWallClock: WallClock {
    func now() -> Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000)
    }
}
