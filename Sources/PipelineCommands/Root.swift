package import ArgumentParser

/// The program's commands.
package struct Pipeline: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "pipeline", abstract: "Runs Apache Airflow DAGs.", version: About.version,
        subcommands: [
            Run.self, SchedulerCommand.self, StandaloneCommand.self, Health.self, DAGs.self, Runs.self, Tasks.self, HITL.self, BackfillCommand.self, Queue.self, XComs.self, Metrics.self, Variables.self, Connections.self,
            Pools.self,
            Assets.self, Partitions.self, Database.self, Fsck.self, Kubernetes.self, StageCommand.self, BenchmarkCommand.self, Config.self, Info.self, Version.self,
        ])

    package init() {}
}
