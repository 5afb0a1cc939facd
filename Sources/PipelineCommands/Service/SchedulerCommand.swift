import ArgumentParser
import PipelineCore

struct SchedulerCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "scheduler", abstract: "Run DAGs by their schedules, by assets and by hand, until it is stopped.",
        discussion: """
            Reads the DAGs folder whenever it changes, creates runs when they are due and carries them out. SIGTERM and \
            Ctrl-C stop it: pods go on, local tasks are ended and run again at the next start. On PostgreSQL several may \
            run: one leads, the others take over within ten seconds.
            """)
    @OptionGroup var global: GlobalOptions
    @OptionGroup var cluster: ClusterOptions

    var ownFlags: [Setting: String] { cluster.flags }

    func execute(_ workspace: Workspace) async throws { try await SchedulerService(workspace: workspace).run() }
}

struct StandaloneCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "standalone", abstract: "Everything in one process, for one machine.",
        discussion: "The scheduler with the embedded database and local tasks, unless other settings say otherwise.")
    @OptionGroup var global: GlobalOptions
    @OptionGroup var cluster: ClusterOptions

    var ownFlags: [Setting: String] { cluster.flags }

    func execute(_ workspace: Workspace) async throws { try await SchedulerService(workspace: workspace).run() }
}
