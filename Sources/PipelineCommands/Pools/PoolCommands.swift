import ArgumentParser
import PipelineCore

struct Pools: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pools", abstract: "Manage pools.",
        subcommands: [
            PoolsList.self, PoolsGet.self, PoolsSet.self, PoolsDelete.self, PoolsImport.self, PoolsExport.self,
        ])

    static func table(_ pools: [Pool]) -> Table {
        Table(
            columns: ["pool", "slots", "description", "include_deferred"],
            rows: pools.map {
                [
                    "pool": .string($0.name), "slots": .int($0.slots), "description": .string($0.description),
                    "include_deferred": .bool($0.includeDeferred),
                ]
            })
    }
}

struct PoolsList: StoreCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List pools.")
    @OptionGroup var global: GlobalOptions
    @OptionGroup var output: OutputOptions

    func execute(_ workspace: Workspace) async throws {
        output.print(Pools.table(try await workspace.store.pools()))
    }
}

struct PoolsGet: StoreCommand {
    static let configuration = CommandConfiguration(commandName: "get", abstract: "Show a pool.")
    @OptionGroup var global: GlobalOptions
    @OptionGroup var output: OutputOptions
    @Argument(help: "Name.") var pool: String

    func execute(_ workspace: Workspace) async throws {
        guard let found = try await workspace.store.pools().first(where: { $0.name == pool }) else {
            throw CommandFailure("Pool \(pool) does not exist")
        }
        output.print(Pools.table([found]))
    }
}

struct PoolsSet: StoreCommand {
    static let configuration = CommandConfiguration(commandName: "set", abstract: "Create or change a pool.")
    @OptionGroup var global: GlobalOptions
    @OptionGroup var output: OutputOptions
    @Argument(help: "Name.") var pool: String
    @Argument(parsing: .remaining, help: "Slots (-1: no limit) and description.") var rest: [String] = []
    @Flag(help: "Deferred tasks hold their slots.") var includeDeferred = false

    func execute(_ workspace: Workspace) async throws {
        var arguments = rest.filter { $0 != "--include-deferred" }
        guard !arguments.isEmpty, let slots = Int(arguments.removeFirst()), slots >= -1 else {
            throw UsageError("usage: pipeline pools set POOL SLOTS [DESCRIPTION]; slots is a whole number, -1 or more")
        }
        let changed = Pool(
            name: pool, slots: slots, description: arguments.joined(separator: " "),
            includeDeferred: includeDeferred || rest.contains("--include-deferred"))
        try await workspace.store.setPool(changed)
        output.print(Pools.table([changed]))
    }
}

struct PoolsDelete: StoreCommand {
    static let configuration = CommandConfiguration(commandName: "delete", abstract: "Delete a pool.")
    @OptionGroup var global: GlobalOptions
    @Argument(help: "Name.") var pool: String

    func execute(_ workspace: Workspace) async throws {
        guard pool != Pool.defaultName else { throw CommandFailure("\(Pool.defaultName) cannot be deleted") }
        guard try await workspace.store.deletePool(pool) else { throw CommandFailure("Pool \(pool) does not exist") }
        Terminal.print("Pool \(pool) deleted")
    }
}

struct PoolsImport: StoreCommand {
    static let configuration = CommandConfiguration(commandName: "import", abstract: "Set pools from a JSON file.")
    @OptionGroup var global: GlobalOptions
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
        Terminal.print("Uploaded \(pools.count) pool(s)")
    }
}

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
