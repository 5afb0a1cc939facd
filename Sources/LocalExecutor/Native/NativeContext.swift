import PipelineCore

/// What an operation may use while it runs.
struct NativeContext: Sendable {
    let launch: TaskLaunch
    let log: TaskLog
    let service: any TaskService
    let control: LaunchControl
    let setup: LocalExecutorSetup

    var key: TaskInstanceKey { launch.instance.key }

    /// Tells the scheduler of the process behind the launch: once, before anything else is reported.
    func started(_ process: ChildProcess?) async {
        await service.started(
            launch.id,
            StartedProcess(
                hostname: setup.hostname, unixname: setup.unixname, pid: process.map { Int($0.pid) },
                pidStartTime: process?.startTime, at: setup.wallClock.now()))
    }

    func pushXCom(_ key: String, _ value: JSONValue, mappedLength: Int? = nil) async throws {
        try await service.setXCom(
            XCom(
                task: self.key, key: key, value: value, mappedLength: mappedLength, timestamp: setup.wallClock.now()))
    }
}
