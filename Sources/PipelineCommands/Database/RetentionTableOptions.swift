import ArgumentParser
import PipelineCore

/// `--tables`.
struct RetentionTableOptions: ParsableArguments {
    @Option(
        name: [.customShort("t"), .customLong("tables")],
        help: "Only these tables (and what belongs to their rows), comma-separated; default: all that can be cleaned.")
    var tables: String?

    /// - Throws: ``UsageError`` naming the tables that there are.
    func chosen() throws -> Set<RetentionTable> {
        guard let tables else { return Set(RetentionTable.allCases) }
        let chosen = try Self.list(tables).map { name in
            guard let table = RetentionTable(rawValue: name) else {
                let known = RetentionTable.allCases.map(\.rawValue).sorted().joined(separator: ", ")
                throw UsageError("'\(name)' is no table that can be cleaned (--tables); there are \(known)")
            }
            return table
        }
        guard !chosen.isEmpty else { throw UsageError("--tables names no table") }
        return Set(chosen)
    }

    static func list(_ text: String?) -> [String] {
        (text ?? "").split(separator: ",").map { $0.trimmingBlanks() }.filter { !$0.isEmpty }
    }
}

extension Substring {
    fileprivate func trimmingBlanks() -> String {
        String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
}

/// What the commands about archives share.
struct ArchiveSelection {
    let store: any PipelineStore
    let tables: Set<RetentionTable>

    func names() async throws -> [String] {
        try await store.archivedTables().filter { RetentionRule.source(ofArchive: $0).map(tables.contains) ?? false }
    }

    static func confirm(_ names: [String]) throws {
        Terminal.note("This drops \(names.count) archived tables: \(names.joined(separator: ", ")). Type 'yes' to go on:")
        guard readLine() == "yes" else { throw CommandFailure("Cancelled") }
    }
}
