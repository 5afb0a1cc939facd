import ArgumentParser
import PipelineCore

struct Version: PipelineCommand {
    static let configuration = CommandConfiguration(commandName: "version", abstract: "Print the version.")

    @OptionGroup var output: TextOutputOptions

    func execute() async throws {
        let row: JSONObject = ["version": .string(About.version), "airflow_version": .string(About.airflowVersion)]
        output.print(Table(columns: row.keys, rows: [row]), orText: About.version)
    }
}
