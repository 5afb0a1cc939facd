import ArgumentParser
import PipelineCore

struct Version: PipelineCommand {
    static let configuration = CommandConfiguration(commandName: "version", abstract: "Print the version.")

    func execute() async throws { Terminal.print(About.version) }
}
