import ArgumentParser
import PipelineCore

/// What the commands share that make tasks run again.
struct ClearOptions: ParsableArguments {
    @Flag(name: [.customShort("f"), .customLong("only-failed")], help: "Only failed tasks.") var onlyFailed = false
    @Flag(help: "Only running tasks.") var onlyRunning = false
    @Flag(
        inversion: .prefixedNo,
        help: "On the latest version of the DAG, to which the run is pinned then. Default: as the DAG says, else the run's own.")
    var runOnLatestVersion: Bool?
    @Flag(name: .shortAndLong, help: "Do not ask.") var yes = false
}
