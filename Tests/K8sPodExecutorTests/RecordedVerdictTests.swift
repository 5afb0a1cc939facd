import Glibc
import K8sPodExecutor
import KubernetesClient
import PipelineCore
import PipelineTestSupport
import Testing

/// Verdicts over what a 1.34 API server said of pods, event by event (Tests/Fixtures/kubernetes/pods.ndjson).
struct RecordedVerdictTests {
    private enum Expected: Equatable {
        case ended(PodEnd.Cause)
        case waits(PodWait.Prospect, isUnscheduled: Bool, String)

        static func waits(_ prospect: PodWait.Prospect, _ text: String) -> Expected {
            .waits(prospect, isUnscheduled: false, text)
        }
    }

    private static let expected: [String: Expected] = [
        "ok": .ended(.exited(0)), "exit3": .ended(.exited(3)), "termmsg": .ended(.exited(0)),
        "fallback": .ended(.exited(4)), "sigkill": .ended(.exited(1)), "sigsegv": .ended(.exited(0)),
        "oom": .ended(.outOfMemory), "oomchild": .ended(.exited(0)), "badcmd": .ended(.neverRan),
        "deadline": .ended(.deadline), "initfail": .ended(.neverRan), "sidecar": .ended(.exited(0)),
        "two": .ended(.exited(0)), "gpu-1": .ended(.exited(0)), "gpu-2": .ended(.exited(0)), "gpu-3": .ended(.exited(0)),
        "preempt-high": .ended(.exited(0)), "preempt-low": .ended(.disrupted), "api-evict": .ended(.disrupted),
        "ephemeral": .ended(.disrupted), "deleted-graceful": .ended(.disrupted),
        "deleted-stubborn": .ended(.disrupted),
        "noimage-never": .waits(.hopeless, "ErrImageNeverPull"), "badimagename": .waits(.hopeless, "InvalidImageName"),
        "noimage-pull": .waits(.doubtful, "ErrImagePull"), "nosecret": .waits(.doubtful, "CreateContainerConfigError"),
        "crashloop": .waits(.doubtful, "CrashLoopBackOff"), "novolume": .waits(.hopeful, "ContainerCreating"),
        "nopvc": .waits(.hopeful, isUnscheduled: true, "persistentvolumeclaim"),
        "unsched-cpu": .waits(.hopeful, isUnscheduled: true, "Insufficient cpu"),
        "unsched-sel": .waits(.hopeful, isUnscheduled: true, "node affinity/selector"),
    ]

    private static func recording() throws -> [String: [RecordedStream.Line]] {
        let file: String = #filePath
        let folder = file.split(separator: "/", omittingEmptySubsequences: false).dropLast(2).joined(separator: "/")
        let handle = try #require(fopen("\(folder)/Fixtures/kubernetes/pods.ndjson", "r"))
        defer { fclose(handle) }
        var (bytes, buffer): ([UInt8], [UInt8]) = ([], [UInt8](repeating: 0, count: 1 << 16))
        while true {
            let count = fread(&buffer, 1, buffer.count, handle)
            guard count > 0 else { return try RecordedStream(ndjson: bytes).linesByPod }
            bytes += buffer[..<count]
        }
    }

    private static func verdicts(_ lines: [RecordedStream.Line], base: String = "main") -> [PodVerdict] {
        lines.map { PodVerdict(PodView(json: $0.object), base: base) }
    }

    @Test func theLastVerdictIsRight() throws {
        let recording = try Self.recording()
        #expect(Set(recording.keys) == Set(Self.expected.keys))
        for (pod, lines) in recording {
            let last = try #require(Self.verdicts(lines).last)
            switch (Self.expected[pod], last) {
            case (.ended(let cause), .ended(let end)): #expect(end.cause == cause, "\(pod): \(end)")
            case (.waits(let prospect, let isUnscheduled, let text), .waiting(let wait)):
                #expect(wait.prospect == prospect, "\(pod): \(wait)")
                #expect(wait.isUnscheduled == isUnscheduled, "\(pod): \(wait)")
                #expect(wait.reason.contains(text), "\(pod): \(wait)")
            default: Issue.record("\(pod): \(last)")
            }
        }
    }

    /// Whoever acts on the first end that is seen must be right.
    @Test func noEarlierVerdictSaysAnotherEnd() throws {
        for (pod, lines) in try Self.recording() {
            let ends = Self.verdicts(lines).compactMap { verdict -> PodEnd.Cause? in
                if case .ended(let end) = verdict { end.cause } else { nil }
            }
            #expect(Set(ends).count <= 1, "\(pod): \(ends)")
        }
    }

    @Test func theContainerOfTheNameCounts() throws {
        let lines = try #require(try Self.recording()["two"])
        guard case .ended(let end)? = Self.verdicts(lines, base: "b").last else {
            Issue.record("the pod has not ended")
            return
        }
        #expect(end.cause == .exited(5))
    }

    @Test func theMessageIsTheContainers() throws {
        let lines = try #require(try Self.recording()["termmsg"])
        guard case .ended(let end)? = Self.verdicts(lines).last else {
            Issue.record("the pod has not ended")
            return
        }
        let statuses = lines.last?.object["status"]?["containerStatuses"]
        #expect(end.message?.isEmpty == false)
        #expect(end.message == statuses?[0]?["state"]?["terminated"]?["message"]?.stringValue)
    }
}
