import ArgumentParser
import PipelineCore

/// `--name`, `--uri`: one asset.
struct AssetSelection: ParsableArguments {
    @Option(help: "Name of the asset.") var name: String?
    @Option(help: "URI of the asset.") var uri: String?

    /// - Throws: ``UsageError`` where nothing was given.
    static func of(name: String?, uri: String?) throws -> AssetSelection {
        let arguments = [("--name", name), ("--uri", uri)].flatMap { $0.1 == nil ? [] : [$0.0, $0.1 ?? ""] }
        guard !arguments.isEmpty else { throw UsageError("the name of an asset or --uri is required") }
        return try AssetSelection.parse(arguments)
    }

    /// What was asked for, for people. Airflow's words.
    var text: String {
        [name.map { "name \($0)" }, uri.map { "URI \($0)" }].compactMap(\.self).joined(separator: " and ")
    }

    /// - Throws: ``UsageError`` where nothing was given.
    func check() throws {
        if name == nil && uri == nil { throw UsageError("either --name or --uri is required") }
    }

    func matches(_ asset: AssetKey) -> Bool { (name ?? asset.name) == asset.name && (uri ?? asset.uri) == asset.uri }

    /// The one asset of the store; of several the one that is active.
    /// - Throws: ``UsageError``, ``CommandFailure`` where there is none, or none to choose.
    func asset(_ store: any PipelineStore) async throws -> AssetRecord {
        try check()
        let found = try await store.assets().filter { matches($0.key) }
        guard let first = found.first else { throw CommandFailure("asset with \(text) does not exist") }
        if found.count == 1 { return first }
        let active = found.filter(\.isActive)
        guard active.count == 1 else { throw CommandFailure("more than one asset exists with \(text)") }
        return active[0]
    }
}
