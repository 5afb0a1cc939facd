import ArgumentParser
import PipelineCore

struct Tasks: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tasks", abstract: "Look at tasks, their states and logs; run them again.",
        subcommands: [
            TasksList.self, TasksStates.self, TasksLogs.self, TasksRender.self, TasksExplain.self, TasksClear.self,
            TasksTest.self,
        ])
}
