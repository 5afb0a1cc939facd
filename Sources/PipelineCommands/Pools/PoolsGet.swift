import ArgumentParser
import PipelineCore

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
