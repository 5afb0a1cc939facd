import ArgumentParser
import MetadataStore
import PipelineCore

struct DatabaseReset: PipelineCommand {
    static let configuration = CommandConfiguration(commandName: "reset", abstract: "Drop everything and begin anew.")
    @OptionGroup var global: GlobalOptions
    @OptionGroup var output: TextOutputOptions
    @Flag(name: .shortAndLong, help: "Do not ask.") var yes = false

    func execute() async throws {
        let workspace = try await Workspace.open(try global.configuration(), migrating: false)
        if !yes {
            Terminal.note("This deletes all data in \(workspace.store.location). Type 'yes' to go on:")
            guard readLine() == "yes" else { throw CommandFailure("Cancelled") }
        }
        try await workspace.store.reset()
        let location = workspace.store.location
        output.print(["location": .string(location), "status": "reset"], orText: "\(location): reset")
        await workspace.close()
    }
}
