import ArgumentParser
import PipelineCore

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
