import PipelineCore
import PipelineTestSupport
import Testing

@testable import KubernetesClient
@testable import PodmanExecutor

/// What podman prints and writes.
struct PodmanReadingTests {
    @Test func aPodmanThatCannotRunPodsNamesTheMend() {
        let cases: [(JSONValue, String?)] = [
            (PodmanDouble.info(), nil), (PodmanDouble.info(version: "5.4.2"), nil),
            (PodmanDouble.info(isRootless: true, idRanges: 2), nil),
            (PodmanDouble.info(version: "3.4.4"), "3.4.4 is too old: install 4.0"), (PodmanDouble.info(version: ""), "unknown version"),
            (PodmanDouble.info(isRemote: true), "unset CONTAINER_HOST"),
            (PodmanDouble.info(isRootless: true, idRanges: 1), "usermod --add-subuids"),
        ]
        for (json, text) in cases {
            let problem = PodmanInfo(json: json).problem
            #expect(text.map { problem?.contains($0) == true } ?? (problem == nil), "\(problem as Any)")
        }
    }

    @Test func limitsThatWillNotHoldAreTold() {
        #expect(PodmanInfo(json: PodmanDouble.info()).warning == nil)
        #expect(PodmanInfo(json: PodmanDouble.info(isRootless: true, idRanges: 2, cgroups: "v1")).warning != nil)
    }

    @Test func aPodmanThatDoesNotWorkForTheUserSaysSo() async throws {
        let harness = PodmanHarness()
        harness.double.fail("info", with: "cannot find mappings for user ml: no subuid ranges found")
        await #expect { try await harness.executor.check() } throws: { error in
            let failure = error as? PodFailure
            return failure?.kind == .configuration && failure?.message.contains("no subuid ranges") == true
                && failure?.message.contains("/etc/subuid") == true
        }
        #expect(try await harness.executor.check() == nil)
    }

    private static func record(_ status: String, code: Int = 0, started: Int?, finished: Int?) -> ContainerRecord {
        func text(_ seconds: Int?) -> JSONValue {
            .string(seconds.map { Timestamp(seconds: Double($0)).apiFormat } ?? "0001-01-01T00:00:00Z")
        }
        return ContainerRecord([
            "State": ["Status": .string(status), "ExitCode": .int(code), "StartedAt": text(started), "FinishedAt": text(finished)]
        ])
    }

    @Test func aContainerIsInOneOfFourStates() {
        let cases: [(ContainerRecord, neverRan: Bool, isRunning: Bool, hasEnded: Bool, wasInterrupted: Bool)] = [
            (Self.record("created", started: nil, finished: nil), true, false, false, false),
            (Self.record("running", started: 5, finished: nil), false, true, false, false),
            (Self.record("stopping", started: 5, finished: nil), false, true, false, false),
            (Self.record("exited", started: 5, finished: 6), false, false, true, false),
            // After the machine was restarted, in older podman and in newer.
            (Self.record("created", started: 5, finished: nil), false, false, false, true),
            (Self.record("exited", started: 5, finished: nil), false, false, true, true),
            // Seen of podman 4.3.1: a container that ends at once has its end before its start.
            (Self.record("exited", started: 5, finished: 4), false, false, true, false),
            // The monitor was ended, so that nobody knows the exit code.
            (Self.record("exited", code: -1, started: 5, finished: 6), false, false, true, true),
        ]
        for (record, neverRan, isRunning, hasEnded, wasInterrupted) in cases {
            #expect(record.neverRan == neverRan && record.isRunning == isRunning, "\(record)")
            #expect(record.hasEnded == hasEnded && record.wasInterrupted == wasInterrupted, "\(record)")
        }
    }

    // MARK: - Archives

    @Test func theFirstFileOfAnArchiveIsRead() {
        let content = Array("{\"a\": 1}".utf8)
        #expect(TarFile.first(in: TarSample.archive(content), limit: 4_096) == content)
        #expect(TarFile.first(in: TarSample.archive(content), limit: 3) == Array(content.prefix(3)))
        let extended = TarSample.entry(Array("30 mtime=1.5\n".utf8), type: "x") + TarSample.archive(content)
        #expect(TarFile.first(in: extended, limit: 4_096) == content)
        #expect(TarFile.first(in: TarSample.archive([]), limit: 4_096) == [])
    }

    @Test func whatIsNoFileIsNone() {
        #expect(TarFile.first(in: TarSample.archive([], type: "2"), limit: 9) == nil)
        #expect(TarFile.first(in: TarSample.archive([], type: "5"), limit: 9) == nil)
        #expect(TarFile.first(in: [], limit: 9) == nil)
        #expect(TarFile.first(in: Array(TarSample.archive([1, 2, 3]).prefix(513)), limit: 9) == nil)
    }

    // MARK: - Logs

    private static func stamp(_ fraction: String) -> String { "2026-11-28T03:12:06.\(fraction)+00:00" }

    private static func lines(_ text: String, pieces: Int, isWhole: Bool = true) -> [String] {
        var parser = ContainerLogParser()
        var lines: [String] = []
        let bytes = Array(text.utf8)
        for start in stride(from: 0, to: bytes.count, by: pieces) {
            parser.feed(bytes[start..<min(bytes.count, start + pieces)]) { lines.append($0.text) }
        }
        #expect(parser.consumed == bytes.count)
        if isWhole { parser.finish { lines.append($0.text) } }
        return lines
    }

    /// As podman 4.3.1 wrote it: pieces of 8 KiB of a long line, two streams, an empty line, one without an end.
    private static let log = """
        \(stamp("182465451")) stdout P aa
        \(stamp("182465452")) stderr P xx
        \(stamp("182567411")) stdout P bb
        \(stamp("182592262")) stdout F cc
        \(stamp("182592263")) stderr F yy
        \(stamp("182601500")) stdout F\u{20}
        \(stamp("182601501")) stdout F 2026-11-28T03:12:06.1Z stdout P of its own
        \(stamp("182601502")) stdout P last
        """

    @Test func piecesOfALineArePutTogetherByStream() {
        let expected = ["aabbcc", "xxyy", "", "2026-11-28T03:12:06.1Z stdout P of its own", "last"]
        for pieces in [1, 7, 64, 10_000] { #expect(Self.lines(Self.log + "\n", pieces: pieces) == expected) }
        #expect(Self.lines(Self.log + "\n", pieces: 9, isWhole: false) == Array(expected.dropLast()))
        #expect(Self.lines(Self.log, pieces: 9) == expected)
    }

    @Test func whatIsNoEntryIsDeliveredAsItIs() {
        #expect(Self.lines("\(Self.stamp("1")) stdout F a\nno stamp here\n", pieces: 64) == ["a", "no stamp here"])
    }

    @Test func aLineOfAnyLengthHasABound() {
        let piece = String(repeating: "x", count: 8_192)
        let text = (0..<40).map { _ in "\(Self.stamp("1")) stdout P \(piece)\n" }.joined()
        let found = Self.lines(text, pieces: 4_096)
        #expect(found.map(\.utf8.count) == [ContainerLogParser.lineLimit, 8 * 8_192])
    }

    @Test func aLogIsGoneOnWithWhereItWasWrittenDown() {
        func entry(_ second: Int64, _ text: String) -> LogEntry {
            LogEntry(stamp: LogStamp(seconds: second, nanoseconds: 5_000), bytes: Array(text.utf8))
        }
        let entries = [entry(1, "a"), entry(9, "b"), entry(10, "c"), entry(10, "d"), entry(10, "e"), entry(11, "f")]
        var tail = LogTail(newest: Timestamp(microseconds: 10_000_005), inSecond: 2, before: 1)
        tail.beginAnswer()
        #expect(entries.compactMap { tail.accept(line: $0)?.text } == ["e", "f"])
    }

    @Test func theKernelNamesTheContainer() {
        let log = "[1] Memory cgroup stats for /libpod_parent/libpod-abc:\n[2] oom-kill:x,task_memcg=/machine.slice/libpod-abc.scope\n"
        #expect(KernelLog.hasKilled("abc", in: log) && !KernelLog.hasKilled("abd", in: log))
        #expect(!KernelLog.hasKilled("abc", in: "[1] Memory cgroup stats for /libpod_parent/libpod-abc:\n"))
    }
}
