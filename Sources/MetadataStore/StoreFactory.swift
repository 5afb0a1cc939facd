import Glibc
package import PipelineCore

/// Opens the metadata store that a URL names.
package enum StoreFactory {
    /// - Parameters:
    ///   - url: `sqlite:///absolute/path`, a plain path, or `postgresql://user:password@host:port/database`. The
    ///     spellings of SQLAlchemy (`sqlite:////absolute/path`, `postgresql+psycopg2://`) are understood too.
    ///   - secretKey: One or more Fernet keys, separated by commas; see ``FernetKeys``.
    /// - Throws: ``StoreError``; `unreachable` says where it was looked for, without a password. The schema is looked
    ///   at with the first call: `schemaTooOld` asks for ``StoreMaintenance/migrate()``.
    package static func open(url: String, secretKey: String) async throws -> any PipelineStore {
        let secrets = try FernetKeys(secretKey)
        return SQLPipelineStore(try await database(url), secrets: secrets, clock: SystemWallClock())
    }

    private static func database(_ url: String) async throws -> any SQLDatabase {
        guard let separator = url.firstRange(of: "://") else {
            if url.isEmpty { throw StoreError(.unreachable, "the database URL is empty") }
            return try await SQLiteDatabase.open(path: url)
        }
        let (scheme, rest) = (url[..<separator.lowerBound], url[separator.upperBound...])
        switch scheme.split(separator: "+").first {
        case "sqlite": return try await SQLiteDatabase.open(path: try sqlitePath(rest))
        case "postgresql", "postgres": return try await PostgresDatabase.open(url: "postgresql://\(rest)")
        default:
            throw StoreError(
                .unreachable, "the database URL begins with \(scheme)://; sqlite:// and postgresql:// are known")
        }
    }

    /// What follows `sqlite://` is `/absolute/path`; SQLAlchemy writes `//absolute/path`.
    private static func sqlitePath(_ rest: Substring) throws -> String {
        let path = "/" + rest.drop { $0 == "/" }
        guard rest.hasPrefix("/"), path.count > 1 else {
            throw StoreError(
                .unreachable, "sqlite://\(rest) names no file; write sqlite:///absolute/path or a plain path")
        }
        return path
    }
}

/// The clock of the machine, for the age that a Fernet token carries.
struct SystemWallClock: WallClock {
    func now() -> Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000)
    }
}
