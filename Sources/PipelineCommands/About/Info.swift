import ArgumentParser
import PipelineCore

struct Info: PipelineCommand {
    static let configuration = CommandConfiguration(
        commandName: "info", abstract: "Show versions, paths and what was found on this machine.")
    @OptionGroup var global: GlobalOptions
    @OptionGroup var output: OutputOptions

    func execute() async throws {
        let configuration = try global.configuration()
        var rows: [(String, String)] = [
            ("version", About.version), ("airflow", About.airflowVersion), ("home", configuration[.home]),
            ("database", Redaction.url(configuration[.databaseURL])), ("dags_folder", configuration[.dagsFolder]),
            ("logs_folder", configuration[.logsFolder]), ("python", configuration[.python]),
        ]
        rows.append(("python_sdk", await PythonInfo.describe(configuration)))
        output.print(
            Table(columns: ["name", "value"], rows: rows.map { ["name": .string($0), "value": .string($1)] }))
    }
}
