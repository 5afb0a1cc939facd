import CPosix
import Glibc
import PipelineCore
import PythonHost
import Testing

@Suite(.needsPython)
struct HostLifeTests {
    let request = ReadRequest(file: "\(TestPython.bundle)/team/data_pipeline.py", bundlePath: TestPython.bundle)

    /// The four sockets of a try: ours and the runner's.
    struct Sockets {
        var ours: [Int32] = []
        var theirs: [Int32] = []

        init() {
            for _ in 0..<4 {
                var first: Int32 = -1
                var second: Int32 = -1
                #expect(cposix_socketpair(&first, &second) == 0)
                ours.append(first)
                theirs.append(second)
            }
        }

        var request: PythonTaskRequest {
            PythonTaskRequest(
                descriptors: .init(requests: theirs[0], stdout: theirs[1], stderr: theirs[2], logs: theirs[3]),
                bundleName: "dags", bundlePath: TestPython.bundle)
        }

        func close(_ descriptors: [Int32]) { for descriptor in descriptors { Glibc.close(descriptor) } }
    }

    @Test func aTaskRunnerEndsWhenItsSupervisorIsGone() async throws {
        let sockets = Sockets()
        let child = try await TestPython.shared.startTask(sockets.request)
        #expect(cposix_start_time(child.pid) == child.startTime)
        sockets.close(sockets.theirs)
        sockets.close([sockets.ours[0]])
        #expect(try await child.exitStatus == .code(1))
        sockets.close(Array(sockets.ours[1...]))
    }

    @Test func aTaskRunnerCanBeKilled() async throws {
        let sockets = Sockets()
        let child = try await TestPython.shared.startTask(sockets.request)
        sockets.close(sockets.theirs)
        child.signal(SIGKILL)
        let exit = try await child.exitStatus
        #expect(exit == .signal(SIGKILL))
        #expect(exit.pythonReturnCode == -9)
        sockets.close(sockets.ours)
    }

    @Test func stoppingEndsTheHostAndTheNextRequestStartsAnother() async throws {
        let host = TestPython.host()
        _ = try await host.read(request)
        #expect(await host.isRunning)
        let sockets = Sockets()
        let child = try await host.startTask(sockets.request)
        sockets.close(sockets.theirs)
        await host.stop()
        #expect(await !host.isRunning)
        #expect(cposix_start_time(child.pid) != child.startTime)
        let error = await #expect(throws: PythonHostError.self) { try await child.exitStatus }
        #expect(error?.code == .hostEnded)
        #expect(try await host.read(request).value().dagIDs == ["nested"])
        await host.stop()
        sockets.close(sockets.ours)
    }

    @Test func anIdleHostEndsItself() async throws {
        let clock = ManualClock()
        var configuration = TestPython.configuration()
        configuration.idleTimeout = .seconds(60)
        let host = PythonHost(configuration, clock: clock)
        _ = try await host.read(request)
        await clock.waitForSleepers(1)
        #expect(await host.isRunning)
        _ = try await host.read(request)
        await clock.waitForSleepers(2)
        clock.wake(0)
        #expect(await host.isRunning, "the second read made the first idle period void")
        clock.wake(1)
        while await host.isRunning { await Task.yield() }
    }

    @Test func cancellingAReadKillsIt() async throws {
        let request = ReadRequest(file: "\(TestPython.hostile)/endless_loop.py", bundlePath: TestPython.hostile)
        let task = Task { try await TestPython.shared.read(request) }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    @Test func aMissingInterpreterIsNamed() async throws {
        let host = TestPython.host { $0.python = "/nowhere/python3" }
        let error = await #expect(throws: PythonHostError.self) { try await host.start() }
        #expect(error?.code == .pythonMissing)
        #expect(error?.message.contains("/nowhere/python3") == true)
    }

    @Test func aPythonWithoutTheSDKSaysWhatToInstall() async throws {
        let directory = "/tmp/pipeline-python-host-tests-\(getpid())-bare"
        mkdir(directory, 0o755)
        let script = "\(directory)/python3"
        let file = try #require(fopen(script, "w"))
        fputs("#!/bin/sh\nexec \(try #require(TestPython.path)) -S \"$@\"\n", file)
        fclose(file)
        chmod(script, 0o755)
        let host = TestPython.host { $0.python = script }
        let error = await #expect(throws: PythonHostError.self) { try await host.start() }
        #expect(error?.code == .sdkMissing)
        #expect(error?.message.contains("pip install apache-airflow-task-sdk apache-airflow-providers-standard") == true)
    }

    @Test func versionsAreKnownWithoutImportingAirflow() async throws {
        let configuration = TestPython.configuration()
        let directory = "/tmp/pipeline-python-host-tests-\(getpid())-probe"
        let asked = try await PythonProbe.versions(
            python: configuration.python, cacheDirectory: directory, environment: configuration.environment)
        #expect(asked.taskSDK != nil)
        #expect(try await TestPython.shared.start() == asked)
        let remembered = try await PythonProbe.versions(
            python: configuration.python, cacheDirectory: directory, environment: ["PATH": "/nowhere"])
        #expect(remembered == asked)
    }
}
