import ArgumentParser
import PipelineCore
import PythonHost

/// A command over the DAGs of the folder.
protocol DAGCommand: StoreCommand {
    func execute(_ workspace: Workspace, _ library: DAGLibrary) async throws
}

extension DAGCommand {
    func execute(_ workspace: Workspace) async throws {
        let python = Composition.pythonHost(workspace.configuration)
        do {
            try await execute(workspace, try await DAGLibrary(workspace: workspace, python: python))
        } catch {
            await python.stop()
            throw error
        }
        await python.stop()
    }
}
