import ArgumentParser
import PipelineCore

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
