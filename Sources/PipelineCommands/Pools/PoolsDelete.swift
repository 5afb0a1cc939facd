import ArgumentParser
import PipelineCore

struct PoolsDelete: StoreCommand {
    static let configuration = CommandConfiguration(commandName: "delete", abstract: "Delete a pool.")
    @OptionGroup var global: GlobalOptions
    @OptionGroup var output: TextOutputOptions
    @Argument(help: "Name.") var pool: String

    func execute(_ workspace: Workspace) async throws {
        guard pool != Pool.defaultName else { throw CommandFailure("\(Pool.defaultName) cannot be deleted") }
        guard try await workspace.store.deletePool(pool) else { throw CommandFailure("Pool \(pool) does not exist") }
        output.print(["pool": .string(pool), "status": "deleted"], orText: "Pool \(pool) deleted")
    }
}
