import ArgumentParser
import PipelineCore
import Stages

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
