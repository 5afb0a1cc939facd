import Glibc
import HTTPTransport
import PipelineCore
import PipelineTestSupport
import Testing

/// Recordings of a real 1.34 cluster, played through a watch.
@Suite struct RecordedStreamTests {
    private static func bytes(_ name: String) throws -> [UInt8] {
        let folder = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let file = try #require(fopen("/\(folder)/Fixtures/kubernetes/\(name)", "r"))
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while case let count = fread(&buffer, 1, buffer.count, file), count > 0 { bytes += buffer[..<count] }
        return bytes
    }

    @Test(arguments: ["pods.ndjson", "events.ndjson"])
    func everyByteComesThrough(name: String) async throws {
        let bytes = try Self.bytes(name)
        let recording = try RecordedStream(ndjson: bytes)
        for size in [1_000, 7_919, nil] {
            let double = KubernetesDouble()
            double.play(recording, chunkSize: size)
            let watch = await DoubleCaller(double).watch(double)
            #expect(await watch.end() == .complete)
            #expect(watch.bytes == bytes)
            if let size { #expect(watch.chunks.dropLast().allSatisfy { $0.count == size }) }
        }
    }

    @Test func timedLinesComeWhenTheyCame() async throws {
        let recording = try RecordedStream(ndjson: try Self.bytes("pods.ndjson"))
        let double = KubernetesDouble()
        double.play(recording, on: .init(.watch, .pods), isTimed: true)
        let watch = await DoubleCaller(double).watch(double)
        double.advance(by: .milliseconds(4_080))
        #expect(watch.events == ["BOOKMARK", "ADDED ok Pending", "ADDED exit3 Pending"])
        double.advance(by: .seconds(110))
        #expect(await watch.end() == .complete)
        #expect(watch.objects.count == recording.lines.count)
    }

    @Test func linesAreGroupedByPod() throws {
        let pods = try RecordedStream(ndjson: try Self.bytes("pods.ndjson")).linesByPod
        #expect(pods.count == 31)
        #expect(
            pods["ok"]?.map { $0.object["status"]?["phase"]?.stringValue } == [
                "Pending", "Pending", "Pending", "Pending", "Succeeded",
            ])
        let events = try RecordedStream(ndjson: try Self.bytes("events.ndjson")).linesByPod
        #expect(events["novolume"]?.contains { $0.object["reason"] == "FailedMount" } == true)
    }

    /// The double tells of a pod what the cluster told: the same phases and container states in the same order.
    @Test(arguments: [
        ("ok", PodScript.runningNeverSeen), ("exit3", .ends(.init(3), after: .milliseconds(100), isSeenRunning: false)),
        ("oom", .ends(.init(137, reason: "OOMKilled"), after: .milliseconds(100), isSeenRunning: false)),
        ("badcmd", .startError), ("noimage-never", .errImageNeverPull), ("badimagename", .invalidImageName),
        ("nosecret", .createContainerConfigError()), ("novolume", .failedMount()),
        ("gpu-1", .succeeds(after: .seconds(12))),
        ("ephemeral", .evicted()),
    ])
    func scriptsFollowTheRecording(name: String, script: PodScript) async throws {
        let recording = try RecordedStream(ndjson: try Self.bytes("pods.ndjson")).only(name)
        let double = KubernetesDouble()
        double.script(script)
        let caller = DoubleCaller(double)
        let watch = await caller.watch(double, "&resourceVersion=\(double.resourceVersion)")
        try await caller.create(SamplePod.named(name, containers: ["main"]))
        double.advance(by: .seconds(55))
        watch.cancel()
        #expect(watch.objects.map(Self.summary) == recording.lines.map { Self.summary(["object": $0.object]) })
    }

    private static func summary(_ event: JSONValue) -> String {
        let status = event["object"]?["status"]
        let state = status?["containerStatuses"]?[0]?["state"]
        let reason = state?["waiting"]?["reason"] ?? state?["terminated"]?["reason"]
        let words = [
            status?["phase"], status?["reason"], reason, state?["terminated"]?["exitCode"].map { .string("\($0)") },
        ]
        return words.compactMap { $0?.stringValue }.joined(separator: " ")
    }
}
