import HTTPTransport
import PipelineCore
import PipelineTestSupport
import Synchronization
import Testing

@testable import KubernetesClient

@Suite struct LogStampTests {
    @Test(arguments: [
        ("2026-11-23T16:57:28.334113042Z", Int64(1_795_453_048), Int32(334_113_042)),
        ("2026-11-23T16:57:28Z", 1_795_453_048, 0), ("2026-11-23T16:57:28.5Z", 1_795_453_048, 500_000_000),
        ("2026-11-23T17:57:28.000000001+01:00", 1_795_453_048, 1),
    ])
    func stampsAreReadToTheNanosecond(_ text: String, _ seconds: Int64, _ nanoseconds: Int32) throws {
        let stamp = try #require(LogStamp(text[...]))
        #expect(stamp == LogStamp(seconds: seconds, nanoseconds: nanoseconds))
        #expect(stamp.wholeSecond == "2026-11-23T16:57:28Z")
    }

    @Test(arguments: ["", "failed", "2026-11-23", "2026-11-23T16:57:28.Z", "2026-11-23T16:57:28.1234567890Z"])
    func otherTextsAreNoStamps(_ text: String) {
        if text == "2026-11-23" { return }
        #expect(LogStamp(text[...]) == nil)
    }
}

/// A container's log as the kubelet would serve it: stamps and lines, in the order of the file.
private struct ServedLog: Sendable {
    var lines: [(stamp: LogStamp, text: String)]

    /// With some stamps equal, and some out of order, as two streams in one file have it.
    init(random: inout SplitMix64, count: Int) {
        lines = []
        var nanoseconds: Int64 = 0
        for number in 0..<count {
            nanoseconds += [0, 0, 1, 400_000_000, 2_100_000_000].randomElement(using: &random) ?? 0
            let early = Bool.random(using: &random) ? min(nanoseconds, 300) : 0
            let at = nanoseconds - early
            let text = ["same", "", "line \(number)", "with blank  end "].randomElement(using: &random) ?? ""
            let stamp = LogStamp(seconds: 1_800_000_000 + at / 1_000_000_000, nanoseconds: Int32(at % 1_000_000_000))
            lines.append((stamp, text))
        }
    }

    func bytes(since second: String?) -> [UInt8] {
        var bytes: [UInt8] = []
        for (stamp, text) in lines where second == nil || stamp.wholeSecond >= second ?? "" {
            let digits = String(String(Int64(1_000_000_000) + Int64(stamp.nanoseconds)).dropFirst())
            bytes += Array("\(stamp.wholeSecond.dropLast()).\(digits)Z \(text)\n".utf8)
        }
        return bytes
    }
}

@Suite struct LogTailTests {
    /// Cuts the connection anywhere, also inside a line or a stamp, again and again.
    @Test(arguments: 0..<200)
    func cutConnectionsLoseAndRepeatNothing(_ seed: Int) throws {
        var random = SplitMix64(seed: UInt64(seed))
        let log = ServedLog(random: &random, count: 60)
        var tail = LogTail()
        let delivered = Mutex<[String]>([])
        for attempt in 0..<1_000 {
            let receiver = LogReceiver(
                tail: tail, client: testClient(ScriptedHTTPClient(replies: [])),
                request: KubernetesRequest(path: "/log")
            ) { entry in
                delivered.withLock { $0.append(entry.text) }
            }
            receiver.receive(head: HTTPResponseHead(status: 200))
            let answer = log.bytes(since: tail.sinceTime)
            let isLast = attempt == 999 || Int.random(in: 0..<8, using: &random) == 0
            var rest = answer.prefix(isLast ? answer.count : Int.random(in: 0...answer.count, using: &random))
            while !rest.isEmpty {
                let piece = rest.prefix(Int.random(in: 1...200, using: &random))
                try Array(piece).withUnsafeBytes { try receiver.receive(chunk: $0) }
                rest = rest.dropFirst(piece.count)
            }
            // Another process may go on.
            tail = try #require(LogTail(text: receiver.tail.text))
            if isLast { break }
        }
        #expect(delivered.withLock { $0 } == log.lines.map(\.text))
    }

    @Test(arguments: ["1", "1 2 3 4", "1 2 3 4 x", "-1 2 3 4 5", "1 1000000000 0 0 0", "1 2 3 4 5 6"])
    func otherTextsAreNoPlaceInALog(_ text: String) {
        #expect(LogTail(text: text) == nil)
    }

    @Test func aRotatedFileDoesNotHideNewLines() throws {
        var tail = LogTail()
        tail.beginAnswer()
        let first = (0..<5).map { accept(&tail, $0) }
        #expect(first == [true, true, true, true, true])
        tail.beginAnswer()
        // Lines 0 to 3 are gone: only 4 is passed over.
        let second = (4...6).map { accept(&tail, $0) }
        #expect(second == [false, true, true])
        tail.beginAnswer()
        let third = [0, 1, 2, 3, 4, 5, 6, 6].map { accept(&tail, $0) }
        #expect(third == [false, false, false, false, false, false, false, true])
    }

    /// The node's clock is set back in the midst of a log that is followed, and the follow breaks afterwards.
    @Test func aClockThatIsSetBackHidesAndRepeatsNothing() {
        let lines = [(100, "a"), (101, "b"), (101, "c"), (40, "d"), (41, "e"), (42, "f")]
        var tail = LogTail()
        tail.beginAnswer()
        #expect(texts(&tail, lines.prefix(5)) == ["a", "b", "c", "d", "e"])
        #expect(tail.sinceTime == nil, "it would hide what is stamped earlier")
        tail.beginAnswer()
        #expect(texts(&tail, lines[...]) == ["f"])
        tail.beginAnswer()
        // The first ones were rotated away.
        #expect(texts(&tail, lines.dropFirst(4) + [(43, "g")]) == ["g"])
    }

    /// What podman keeps is read from its beginning, and goes on.
    @Test func aClockThatIsSetBackHidesNoLineThatComesLater() {
        var tail = LogTail(newest: Timestamp(seconds: 101), inSecond: 2, before: 1)
        tail.beginAnswer()
        let lines = [(98, "z"), (100, "a"), (101, "b"), (101, "c"), (102, "d"), (40, "e"), (41, "f")]
        let new = lines.compactMap { tail.accept(line: entry($0))?.text }
        #expect(new == ["d", "e", "f"])
    }

    private func texts(_ tail: inout LogTail, _ lines: ArraySlice<(Int, String)>) -> [String] {
        lines.compactMap { tail.accept(.line(entry($0)))?.text }
    }

    private func entry(_ line: (second: Int, text: String)) -> LogEntry {
        LogEntry(stamp: LogStamp(seconds: Int64(line.second)), bytes: Array(line.text.utf8))
    }

    private func accept(_ tail: inout LogTail, _ nanosecond: Int) -> Bool {
        let stamp = LogStamp(seconds: 1, nanoseconds: Int32(nanosecond))
        return tail.accept(.line(LogEntry(stamp: stamp, bytes: [1]))) != nil
    }
}

@Suite struct LogFollowerTests {
    typealias Reply = ScriptedHTTPClient.Reply

    private let stamp = "2026-11-23T16:57:28.00000000"

    private func run(
        _ http: ScriptedHTTPClient, clock: TestClock = TestClock(isAutomatic: true), overAfter: Int,
        tail: LogTail = LogTail()
    ) async throws -> (completion: LogFollower.Completion, lines: [[UInt8]]) {
        let follower = LogFollower(client: testClient(http, clock: clock), namespace: "ml", pod: "p", container: "base")
        let lines = Mutex<[[UInt8]]>([])
        let asked = Atomic(0)
        var tail = tail
        let completion = try await follower.run(
            tail: &tail, containerEnd: { _ in asked.add(1, ordering: .relaxed).newValue > overAfter ? ContainerEnd() : nil },
            deliver: { entry in lines.withLock { $0.append(entry.bytes) } })
        return (completion, lines.withLock { $0 })
    }

    @Test func aLogIsFollowedAndThenReadToItsEnd() async throws {
        let http = ScriptedHTTPClient(replies: [
            .text("\(stamp)1Z a\n\(stamp)2Z b\n\(stamp)3Z to"), .text("\(stamp)1Z a\n\(stamp)2Z b\n\(stamp)3Z torn"),
        ])
        let (completion, lines) = try await run(http, overAfter: 1)
        #expect(completion == .complete && lines.map { String(decoding: $0, as: UTF8.self) } == ["a", "b", "torn"])
        #expect(
            http.requests.map(\.url) == [
                "https://api/api/v1/namespaces/ml/pods/p/log?container=base&timestamps=true&follow=true",
                "https://api/api/v1/namespaces/ml/pods/p/log?container=base&timestamps=true&sinceTime=2026-11-23T16%3A57%3A27Z",
            ])
        #expect(http.requests[0].receiveBuffer == 1_024 && http.requests[0].limits.idle == nil)
        // A whole answer is not waited for for ever.
        #expect(http.requests[1].limits.idle == .seconds(60))
    }

    /// A second before the whole second of the container's end, by the node's clock.
    private static let finished = Timestamp(iso8601: "2026-11-23T16:57:27Z")

    /// Follows a log whose follow ends well, and hears of the container's end `news` later.
    private func requests(
        quiet: Duration, news: Duration, finishedAt: Timestamp? = finished, text: String? = nil
    ) async throws -> Int {
        let clock = TestClock(isAutomatic: true)
        let http = ScriptedHTTPClient { _, _ in
            let end = AsyncStream<[UInt8]>(unfolding: {
                clock.advance(by: quiet)
                return nil
            })
            return .text(text ?? "\(stamp)1Z a\n", end: .live(end))
        }
        let follower = LogFollower(client: testClient(http, clock: clock), namespace: "ml", pod: "p", container: "base")
        let due = clock.now.advanced(by: quiet + news)
        var tail = LogTail()
        let completion = try await follower.run(tail: &tail) { limit in
            clock.advance(by: max(.zero, min(limit, clock.now.duration(to: due))))
            return clock.now >= due ? ContainerEnd(finishedAt: finishedAt) : nil
        } deliver: { _ in
        }
        #expect(completion == .complete)
        return http.requests.count
    }

    @Test func aFollowThatEndsAfterItsContainerIsWhole() async throws {
        // 16:57:28 at least when the last line came; the container had ended before that.
        #expect(try await requests(quiet: .seconds(1), news: .milliseconds(400)) == 1)
        #expect(try await requests(quiet: .seconds(1), news: .seconds(3)) == 1)
    }

    @Test func aFollowThatMayHaveEndedBeforeItsContainerIsReadOnceMore() async throws {
        let later = Self.finished.map { $0 + .seconds(2) }
        #expect(try await requests(quiet: .milliseconds(900), news: .milliseconds(400), finishedAt: later) == 2)
        #expect(try await requests(quiet: .seconds(2), news: .milliseconds(400), finishedAt: later) == 1)
        // Not told when it has ended; nothing that tells how late it is there.
        #expect(try await requests(quiet: .seconds(2), news: .milliseconds(400), finishedAt: nil) == 2)
        #expect(try await requests(quiet: .seconds(2), news: .milliseconds(400), text: "") == 2)
    }

    @Test func aFollowThatIsCutInTheMidstOfLinesIsReadOnceMore() async throws {
        #expect(try await requests(quiet: .zero, news: .milliseconds(400)) == 2)
        #expect(try await requests(quiet: .seconds(2), news: .milliseconds(400), text: "\(stamp)1Z a\n\(stamp)2Z b") == 2)
        // A kubelet that was away meanwhile.
        #expect(try await requests(quiet: .seconds(2), news: .seconds(20)) > 1)
    }

    @Test func itWaitsForTheContainerAndForAKubeletThatIsGone() async throws {
        let waiting = #"container "base" in pod "p" is waiting to start: ContainerCreating"#
        let http = ScriptedHTTPClient(replies: [
            Reply(status: 204), .json(status(400, reason: "BadRequest", message: waiting), status: 400),
            .json(status(500, reason: "InternalError", message: "dial tcp: connection refused"), status: 500),
            .text("\(stamp)1Z a\n", end: .fail(.connectionFailed)), .text("\(stamp)1Z a\n\(stamp)2Z b\n"),
        ])
        let clock = TestClock(isAutomatic: true)
        let (completion, lines) = try await run(http, clock: clock, overAfter: 4)
        #expect(completion == .complete && lines.count == 2)
        #expect(clock.sleeps.count == 4 && clock.sleeps.allSatisfy { $0 >= .milliseconds(250) && $0 <= .seconds(10) })
    }

    @Test func delaysGrowWhileNothingComes() async throws {
        let http = ScriptedHTTPClient { number, _ in
            number == 0
                ? .text("\(stamp)1Z a\n\(stamp)2Z b\n", end: .fail(.connectionFailed))
                : number < 9 ? .failure(.connectionFailed) : .text("\(stamp)1Z a\n\(stamp)2Z b\n")
        }
        let clock = TestClock(isAutomatic: true)
        #expect(try await run(http, clock: clock, overAfter: 9).lines.count == 2)
        #expect(clock.sleeps.count == 9 && (clock.sleeps.last ?? .zero) >= .seconds(5))
    }

    @Test func aPodThatIsGoneAndOneThatNeverStartedAreTold() async throws {
        let gone = ScriptedHTTPClient(replies: [.json(status(404, reason: "NotFound"), status: 404)])
        #expect(try await run(gone, overAfter: 1).completion == .podGone)
        let never = ScriptedHTTPClient(replies: [Reply(status: 204)])
        #expect(try await run(never, overAfter: 1).completion == .neverStarted)
    }

    @Test func whatPatienceDoesNotMendEndsIt() async {
        let text = "a container name must be specified for pod p, choose one of: [a b]"
        let http = ScriptedHTTPClient(replies: [.json(status(400, reason: "BadRequest", message: text), status: 400)])
        #expect(await failure { _ = try await run(http, overAfter: 9) }?.kind == .invalid(text, causes: []))
    }

    @Test func aSinkThatFailsEndsIt() async {
        struct Full: Error {}
        let http = ScriptedHTTPClient(replies: [.text("\(stamp)1Z a\n")])
        let follower = LogFollower(client: testClient(http), namespace: "ml", pod: "p", container: "base")
        let error = await failure {
            var tail = LogTail()
            _ = try await follower.run(tail: &tail, containerEnd: { _ in nil }, deliver: { _ in throw Full() })
        }
        #expect(error?.kind == .receiverFailed && error?.cause is Full)
    }

    @Test func bytesThatAreNotUTF8StayAsTheyAre() async throws {
        let line: [UInt8] = Array("\(stamp)1Z ".utf8) + [0xFF, 0x00, 0xC3, 0x0D, 0x0A]
        let http = ScriptedHTTPClient(replies: [Reply(chunks: [Array(line[..<33]), Array(line[33...])])])
        #expect(try await run(http, overAfter: 0).lines == [[0xFF, 0x00, 0xC3, 0x0D]])
    }

    @Test func aVeryLongLineComesInPieces() async throws {
        let size = 3 * LogParser.lineLimit
        let bytes = Array("\(stamp)1Z ".utf8) + [UInt8](repeating: 0x78, count: size) + Array("\n\(stamp)2Z end\n".utf8)
        let chunks = stride(from: 0, to: bytes.count, by: 8_000).map { Array(bytes[$0..<min($0 + 8_000, bytes.count)]) }
        // Cut inside the long line at first: its pieces are not repeated.
        let http = ScriptedHTTPClient(replies: [
            Reply(chunks: Array(chunks.prefix(60)), end: .fail(.connectionFailed)), Reply(chunks: chunks),
        ])
        let lines = try await run(http, overAfter: 1).lines
        #expect(lines.allSatisfy { $0.count <= LogParser.lineLimit + 8_000 })
        #expect(lines.last == Array("end".utf8))
        #expect(lines.dropLast().reduce(0) { $0 + $1.count } == size)
    }

    @Test func textWithoutAStampIsKept() async throws {
        let http = ScriptedHTTPClient(replies: [.text("unable to retrieve container logs for containerd://x\n")])
        #expect(try await run(http, overAfter: 0).lines.count == 1)
    }
}
