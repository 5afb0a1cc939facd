import ArgumentParser
import PipelineCore

struct PoolsList: StoreCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List pools.")
    @OptionGroup var global: GlobalOptions
    @OptionGroup var output: OutputOptions

    func execute(_ workspace: Workspace) async throws {
        output.print(Pools.table(try await workspace.store.pools()))
    }
}
