import ChildProcesses
import Foundation
import K8sPodExecutor
import PipelineCore
import PipelineTestSupport
import PodmanExecutor
import Testing

/// The same on the machine's own podman: `make test-podman`. Needs podman and an image with a shell
/// (`PIPELINE_TEST_PODMAN_IMAGE`, default `localhost/pipeline-test:1`, which `scripts/podman-test-image` makes without a registry).
@Suite(
    .enabled("podman, or the image scripts/podman-test-image, does not run on this machine") { await RealWorld.isThere },
    .serialized, .timeLimit(.minutes(10)))
struct RealPodmanTests {
    @Test(arguments: PodLauncherConformance.all)
    func conformance(_ row: PodLauncherConformance) async throws {
        let world = RealWorld()
        do { try await row.check(world) } catch {
            try await world.end()
            throw error
        }
        try await world.end()
    }

    private func run(
        _ world: RealWorld, _ script: String, _ extra: JSONObject = [:], _ reporter: RecordingReporter = RecordingReporter()
    ) async throws -> PodResult {
        let attributes = world.attributes(script: script).merging(extra)
        return try await world.newProcess().run(world.launch("train"), attributes: attributes, reporter: reporter)
    }

    private func within(_ body: (RealWorld) async throws -> Void) async throws {
        let world = RealWorld()
        do { try await body(world) } catch {
            try await world.end()
            throw error
        }
        try await world.end()
    }

    @Test func longLinesBothStreamsAndALastLineWithoutAnEndComeWhole() async throws {
        try await within { (world: RealWorld) async throws -> Void in
            let reporter = RecordingReporter()
            let script = "head -c 40000 /dev/zero | tr '\\0' x; echo; echo err >&2; echo; printf 'no end'"
            #expect(try await run(world, script, [:], reporter).exitCode == 0)
            let lines = reporter.record.lines
            #expect(lines.sorted() == ["", String(repeating: "x", count: 40_000), "err", "no end"].sorted())
        }
    }

    @Test func volumesUsersAndInitContainersAreAsInACluster() async throws {
        try await within { (world: RealWorld) async throws -> Void in
            let reporter = RecordingReporter()
            let initial: JSONValue = [
                "name": "fetch", "image": .string(RealWorld.image), "command": ["sh", "-c", "echo 5 > /data/n"],
                "volumeMounts": [["name": "data", "mountPath": "/data"]],
            ]
            let pod = PodmanHarness.pod(
                [
                    "initContainers": [initial],
                    "volumes": [["name": "data", "emptyDir": [:]], ["name": "m", "emptyDir": ["medium": "Memory", "sizeLimit": "96Mi"]]],
                ],
                container: [
                    "volumeMounts": [["name": "data", "mountPath": "/data"], ["name": "m", "mountPath": "/dev/shm"]],
                    "env": [["name": "SECRET", "value": "a b\nc"], ["name": "PATH", "value": "/bin"]],
                ])
            let script = "cat /data/n; id -u; touch /data/mine && echo mine; df -m /dev/shm | tail -1 | awk '{print $2}'; echo \"$SECRET\""
            #expect(try await run(world, script, ["pod": pod], reporter).exitCode == 0)
            #expect(reporter.record.lines == ["5", "1000", "mine", "96", "a b", "c"])
        }
    }

    @Test func aContainerOutOfMemoryIsToldFromOneThatWasKilled() async throws {
        try await within { (world: RealWorld) async throws -> Void in
            let limits: JSONObject = ["container_resources": ["limits": ["memory": "32Mi"]]]
            let result = try await run(world, "exec tail -c 200m /dev/zero", limits)
            #expect(result.exitCode == 137 && result.reason == "OOMKilled")
        }
    }

    @Test func aCommandThatIsNotThereIsAConfigurationFailure() async throws {
        try await within { (world: RealWorld) async throws -> Void in
            await #expect { try await run(world, "", ["cmds": ["/no/such/program"]]) } throws: { error in
                (error as? PodFailure)?.kind == .configuration
            }
            #expect(try await world.podsMade() == 0)
        }
    }

    @Test func aContainerThatIgnoresTermIsKilledAfterItsGrace() async throws {
        try await within { (world: RealWorld) async throws -> Void in
            let reporter = RecordingReporter()
            let pod = PodmanHarness.pod(["terminationGracePeriodSeconds": 1])
            let attributes = world.attributes(script: "trap '' TERM; echo ready; while true; do sleep 1; done").merging(["pod": pod])
            let (launcher, launch) = (world.newProcess(), world.launch("train"))
            let launched = Launched(Task { try await launcher.run(launch, attributes: attributes, reporter: reporter) })
            #expect(await world.passes { !reporter.record.lines.isEmpty })
            reporter.terminate(.cleared)
            launched.task.cancel()
            #expect(await world.passes { launched.isOver })
            #expect(try await world.podsMade() == 0)
        }
    }

    @Test func theProgramIsFitForIt() async throws { _ = try await RealWorld().executor().check() }
}
