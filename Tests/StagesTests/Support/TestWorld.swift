import HTTPTransport
import PipelineCore
import Synchronization

@testable import Stages

/// A stream that keeps what is written.
final class MemoryWriter: OutputWriter {
    private let storage = Mutex("")

    var text: String { storage.withLock { $0 } }
    var lines: [String] { text.split(separator: "\n").map(String.init) }

    func write(_ text: String) { storage.withLock { $0 += text } }
}

/// Answers from a script, in memory.
final class ScriptedHTTPClient: HTTPClient {
    private let answers: @Sendable (HTTPRequest) throws(HTTPTransportError) -> HTTPResponse
    private let seen = Mutex<[HTTPRequest]>([])

    init(_ answers: @escaping @Sendable (HTTPRequest) throws(HTTPTransportError) -> HTTPResponse) {
        self.answers = answers
    }

    var requests: [HTTPRequest] { seen.withLock { $0 } }

    func perform(
        _ request: HTTPRequest, receiver: any HTTPResponseReceiver
    ) async throws(HTTPTransportError) -> HTTPResponseHead {
        seen.withLock { $0.append(request) }
        let response = try answers(request)
        do {
            try receiver.receive(head: response.head)
            try response.body.withUnsafeBytes { try receiver.receive(chunk: $0) }
        } catch {
            throw error as? HTTPTransportError ?? HTTPTransportError(.receiverFailed, "receiver", cause: error)
        }
        return response.head
    }
}

/// A process for stages: folder, streams and a clock that moves a second with each look.
struct TestWorld: Sendable {
    let folder = TemporaryFolder()
    let output = MemoryWriter()
    let diagnostics = MemoryWriter()
    let cancellation = CancellationFlag()
    var environment: [String: String] = [:]
    var isTerminal = false
    var client = ScriptedHTTPClient { _ in HTTPResponse(head: HTTPResponseHead(status: 404), body: []) }

    var host: StageHost {
        let seconds = Mutex64()
        let client = client
        return StageHost(
            environment: environment, output: output, diagnostics: diagnostics, isTerminal: isTerminal,
            clock: StageClock(
                wall: FixedWallClock(), uptime: { .seconds(seconds.next()) },
                sleep: { _ in }),
            cancellation: cancellation, xcomDirectory: folder.path + "/xcom", makeHTTPClient: { client })
    }

    /// Runs a stage as the command line does.
    func run(_ name: String, _ sets: String..., registry: StageRegistry = .standard) async -> Int32 {
        await StageCommandLine.run(name: name, sets: sets, registry: registry, host: host)
    }

    /// The result: the last line of the output.
    var result: JSONValue? { output.lines.last.flatMap { try? JSONValue.parse($0) } }

    /// The events of one kind.
    func events(_ name: String) -> [JSONValue] {
        diagnostics.lines.compactMap { try? JSONValue.parse($0) }.filter { $0["event"]?.stringValue == name }
    }
}

/// Always the same moment.
struct FixedWallClock: WallClock {
    func now() -> Timestamp { Timestamp(microseconds: 1_750_000_000_000_000) }
}

/// A counter that several threads may ask.
final class Mutex64: Sendable {
    private let value = Mutex(0)

    func next() -> Int {
        value.withLock { value in
            value += 1
            return value
        }
    }
}
