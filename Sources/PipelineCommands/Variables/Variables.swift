import ArgumentParser
import PipelineCore

struct Variables: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "variables", abstract: "Manage variables.",
        subcommands: [
            VariablesList.self, VariablesGet.self, VariablesSet.self, VariablesDelete.self, VariablesImport.self,
            VariablesExport.self,
        ])
}
