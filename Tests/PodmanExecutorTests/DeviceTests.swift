import Foundation
import PipelineCore
import PipelineTestSupport
import Testing

@testable import PodmanExecutor

/// Devices of one machine, each for one pod at a time.
@Suite(.timeLimit(.minutes(5)))
struct DeviceTests {
    private let folder = FileManager.default.temporaryDirectory.appending(path: "cdi-\(UUID().uuidString)").path

    private func specifications(_ text: String, file: String = "nvidia.yaml") throws -> CDISpecifications {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try text.write(toFile: "\(folder)/\(file)", atomically: true, encoding: .utf8)
        return CDISpecifications(folders: ["/no/such/folder", folder])
    }

    private static let two = "cdiVersion: 0.5.0\nkind: nvidia.com/gpu\ndevices:\n- name: \"0\"\n- name: \"1\"\n- name: GPU-1\n- name: all\n"
    private static func asking(_ count: Int) -> JSONObject {
        ["container_resources": ["limits": ["nvidia.com/gpu": .int(count)]]]
    }

    @Test func numbersAreTheDevicesWhereThereAreSome() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        #expect(try specifications(Self.two).devices() == ["nvidia.com/gpu": ["0", "1"]])
        let json = #"{"kind": "acme.com/card", "devices": [{"name": "left"}, {"name": "all"}]}"#
        #expect(try specifications(json, file: "acme.json").devices()["acme.com/card"] == ["left"])
        #expect(try specifications("- {", file: "broken.yaml").devices().count == 2)
    }

    @Test func aMachineWithoutADescriptionSaysWhatToInstall() async throws {
        let failure = await PodmanHarness().failure(Self.asking(1))
        #expect(failure?.kind == .configuration)
        #expect(failure?.message.contains("nvidia-ctk cdi generate") == true)
    }

    @Test func moreDevicesThanThereAreIsAConfigurationFailure() async throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let harness = PodmanHarness(specifications: try specifications(Self.two))
        #expect(await harness.failure(Self.asking(3))?.message.contains("asks for 3 nvidia.com/gpu, and this machine has 2") == true)
    }

    @Test func aDeviceIsOnePodsAtATime() async throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let script = ContainerScript(duration: .seconds(10))
        let harness = PodmanHarness(specifications: try specifications(Self.two), script: script)
        let reporters = (0..<3).map { _ in RecordingReporter() }
        let launched = reporters.enumerated().map { harness.start(Self.asking(1), launch: .sample("t\($0)"), $1) }
        #expect(await harness.passes { harness.double.running == 2 && reporters.contains { $0.record.hosts.isEmpty } })
        let waiting = try #require(reporters.first { $0.record.hosts.isEmpty })
        #expect(await harness.passes { waiting.record.waits.contains { $0?.contains("1 nvidia.com/gpu wanted, 0 free; held by cifar") == true } })
        #expect(Self.devices(harness) == ["nvidia.com/gpu=0", "nvidia.com/gpu=1"])
        for launched in launched {
            let result = try await harness.end(of: launched)
            #expect(result.exitCode == 0)
        }
        #expect(Self.devices(harness).count == 3)
        // It had not to wait until somebody looked again.
        let starts = harness.double.containers.compactMap(\.startedAt).sorted()
        let (first, last) = (try #require(starts.first), try #require(starts.last))
        #expect(last - first < .seconds(12))
    }

    private static func devices(_ harness: PodmanHarness) -> [String] {
        harness.double.containers.compactMap { container in
            container.arguments.firstIndex(of: "--device").map { container.arguments[$0 + 1] }
        }.sorted()
    }

    @Test func whatAnotherProcessHoldsIsSeen() async throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let script = ContainerScript(duration: .seconds(20))
        let harness = PodmanHarness(specifications: try specifications(Self.two), script: script)
        let first = RecordingReporter()
        let launched = harness.start(Self.asking(2), launch: .sample("a"), first)
        #expect(await harness.passes { !first.record.hosts.isEmpty })
        let other = harness.start(Self.asking(1), launch: .sample("b"), on: harness.restarted())
        #expect(await !harness.passes(atMost: .seconds(10)) { harness.double.running == 2 })
        _ = try await harness.end(of: launched)
        #expect(await harness.passes(atMost: .seconds(8)) { harness.double.running == 1 })
        #expect(try await harness.end(of: other).exitCode == 0)
    }

    @Test func aLaunchThatIsEndedWhileItWaitsLeavesTheQueue() async throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let script = ContainerScript(duration: .seconds(20))
        let harness = PodmanHarness(specifications: try specifications(Self.two), script: script)
        let first = harness.start(Self.asking(2), launch: .sample("a"))
        #expect(await harness.passes { harness.double.running == 1 })
        let reporter = RecordingReporter()
        let second = harness.start(Self.asking(2), launch: .sample("b"), reporter)
        #expect(await harness.passes { !reporter.record.waits.isEmpty })
        let third = harness.start(Self.asking(1), launch: .sample("c"))
        reporter.terminate(.cleared)
        second.task.cancel()
        await #expect(throws: CancellationError.self) { try await harness.end(of: second) }
        for launched in [first, third] { #expect(try await harness.end(of: launched).exitCode == 0) }
        #expect(harness.double.made == 2)
    }

    /// Each process asks podman who holds what, and only then makes its containers.
    @Test func twoProcessesNeverHandOutTheSameDevice() async throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let script = ContainerScript(duration: .seconds(5))
        let harness = PodmanHarness(specifications: try specifications(Self.two), script: script)
        harness.double.change { $0.pullable = ["far/away:1"] }
        let others = (0..<4).map { _ in harness.restarted() }
        let extra = Self.asking(1).merging(["image": "far/away:1"])
        let launched = others.enumerated().map { harness.start(extra, launch: .sample("t\($0)"), on: $1) }
        let doubled = Warnings()
        let areOver = await harness.passes {
            let held = harness.double.containers.filter { $0.status != "exited" }.compactMap { $0.labels["pipeline.ml/devices"] }
            if Set(held).count < held.count { doubled.note("\(held)") }
            return launched.allSatisfy(\.isOver)
        }
        #expect(areOver && doubled.all == [])
        for launched in launched { #expect(try await harness.end(of: launched).exitCode == 0) }
        #expect(Self.devices(harness).count == 4)
    }

    @Test func aLockThatAnotherProcessHasIsWaitedFor() async throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let (one, other) = (FileDeviceLock(path: "\(folder)/lock"), FileDeviceLock(path: "\(folder)/lock"))
        var holding = try one.acquire()
        #expect(holding != nil)
        #expect(try other.acquire() == nil)
        holding = nil
        #expect(try other.acquire() != nil)
        #expect { try FileDeviceLock(path: "/no/such/folder/lock").acquire() } throws: { "\($0)".contains("XDG_RUNTIME_DIR") }
    }
}
