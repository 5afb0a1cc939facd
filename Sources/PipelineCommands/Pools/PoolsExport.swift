import ArgumentParser
import PipelineCore

struct PoolsExport: StoreCommand {
    static let configuration = CommandConfiguration(commandName: "export", abstract: "Write all pools to a JSON file.")
    @OptionGroup var global: GlobalOptions
    @Argument(help: "File.") var file: String

    func execute(_ workspace: Workspace) async throws {
        let pools = try await workspace.store.pools()
        let object = JSONObject(
            pools.map { pool in
                let value: JSONValue = [
                    "slots": .int(pool.slots), "description": .string(pool.description),
                    "include_deferred": .bool(pool.includeDeferred),
                ]
                return (pool.name, value)
            })
        try SettingsFile(path: file).write(object)
        if file != "-" { Terminal.print("Exported \(pools.count) pools to \(file)") }
    }
}
