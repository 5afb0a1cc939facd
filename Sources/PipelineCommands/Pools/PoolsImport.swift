import ArgumentParser
import PipelineCore

struct PoolsImport: StoreCommand {
    static let configuration = CommandConfiguration(commandName: "import", abstract: "Set pools from a JSON file.")
    @OptionGroup var global: GlobalOptions
    @OptionGroup var output: TextOutputOptions
    @Argument(help: "File.") var file: String

    func execute(_ workspace: Workspace) async throws {
        let pools = try SettingsFile(path: file).object().map { name, value in
            guard let slots = value["slots"]?.intValue, slots >= -1 else {
                throw UsageError("\(file): pool '\(name)' needs 'slots', a whole number, -1 or more")
            }
            return Pool(
                name: name, slots: slots, description: value["description"]?.stringValue ?? "",
                includeDeferred: value["include_deferred"]?.boolValue ?? false)
        }
        for pool in pools { try await workspace.store.setPool(pool) }
        output.print(["imported": .int(pools.count)], orText: "Uploaded \(pools.count) pool(s)")
    }
}
