import ArgumentParser
import PipelineCore
import Stages

struct StageCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stage", abstract: "Run a step of an ML pipeline in this process, as a pod does.",
        subcommands: [StageRun.self, StageList.self, StageDescribe.self])
}

struct StageRun: PipelineCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Run a stage.",
        discussion: """
            The result is the last line of standard output, and the XCom file where there is one \
            (/airflow/xcom/return.json or PIPELINE_XCOM_PATH). Exit code 0: done, 1: failed, 64: wrong parameters.
            """)
    @Argument(help: "Stage.") var name: String
    @Option(name: .long, help: "One parameter, key=value. May be repeated; see 'pipeline stage describe'.")
    var set: [String] = []

    func execute() async throws {
        let host = StageHost.process(environment: ProcessEnvironment.all, wallClock: SystemWallClock())
        let code = await StageCommandLine.run(name: name, sets: set, host: host)
        if code != 0 { throw ExitCode(code) }
    }
}

struct StageList: PipelineCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List the stages.")
    @OptionGroup var output: OutputOptions

    func execute() async throws {
        let rows = StageRegistry.standard.stages.map { stage -> JSONObject in
            ["name": .string(stage.name), "summary": .string(stage.summary)]
        }
        output.print(Table(columns: ["name", "summary"], rows: rows))
    }
}

struct StageDescribe: PipelineCommand {
    static let configuration = CommandConfiguration(
        commandName: "describe", abstract: "Show the parameters of a stage: defaults, ranges, meaning.")
    @Argument(help: "Stage.") var name: String
    @OptionGroup var output: OutputOptions

    func execute() async throws {
        do {
            switch output.output {
            case .json: Terminal.print(try StageRegistry.standard.describeJSON(name).serialized(.pretty))
            case .yaml: Terminal.print(YAMLWriter.text(try StageRegistry.standard.describeJSON(name)))
            case .table, .plain: Terminal.print(try StageRegistry.standard.describeTable(name))
            }
        } catch {
            throw UsageError("\(error)")
        }
    }
}
