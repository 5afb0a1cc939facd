import CPosix
import ChildProcesses
import Glibc
import PythonHost
import Synchronization

/// The four sockets between us and one runner: its requests and our answers, its standard output and error, its log.
final class RunnerConnection: Sendable {
    /// What happens on the connection, in order.
    enum Event: Sendable {
        case request(RunnerFrames.Request)
        /// The runner sent bytes that are no frame.
        case malformed(String)
        /// The runner has closed its end.
        case closed
    }

    /// How long a printed line may be before it is cut.
    private static let maximumLine = 64 * 1_024
    /// The same for a record of the log, which is nothing in pieces: a value that fits into an XCom fits, shown whole.
    private static let maximumRecord = 8 << 20
    /// Answers above this size are sent from a thread of their own: a socket takes less than this without blocking.
    private static let smallAnswer = 64 * 1_024

    let events: AsyncStream<Event>
    private let theirs: [Int32]
    private let answers: Int32
    private let streams: Mutex<[RunnerStream]>
    private let requests: RunnerStream

    /// Where lines go that the runner writes: records of its log, and what it prints.
    struct Outputs: Sendable {
        var record: @Sendable (ArraySlice<UInt8>) -> Void
        var stdout: @Sendable (ArraySlice<UInt8>) -> Void
        var stderr: @Sendable (ArraySlice<UInt8>) -> Void
    }

    /// - Throws: ``ProcessError`` when the system has no sockets left.
    convenience init(log: SupervisorLog) throws {
        try self.init(
            Outputs(
                record: { log.relay($0) }, stdout: { log.forward($0, level: "info", logger: "task.stdout") },
                stderr: { log.forward($0, level: "error", logger: "task.stderr") }))
    }

    /// - Throws: ``ProcessError`` when the system has no sockets left.
    init(_ outputs: Outputs) throws {
        let pairs = try (0..<4).map { _ in try Self.pair() }
        theirs = pairs.map(\.theirs)
        answers = fcntl(pairs[0].ours, F_DUPFD_CLOEXEC, 0)
        let (events, continuation) = AsyncStream.makeStream(of: Event.self)
        self.events = events
        let logStream = Self.lines(pairs[3].ours, maximum: Self.maximumRecord, outputs.record)
        let frames = Mutex(RunnerFrames())
        requests = RunnerStream(pairs[0].ours) { bytes in
            logStream.drain()  // What the runner logged before it asked comes first.
            do {
                for request in try frames.withLock({ frames throws(MessagePack.DecodingError) in
                    try frames.append(bytes)
                }) { continuation.yield(.request(request)) }
            } catch {
                continuation.yield(.malformed("\(error)"))
            }
        } finish: {
            continuation.yield(.closed)
            continuation.finish()
        }
        streams = Mutex([
            requests, logStream, Self.lines(pairs[1].ours, outputs.stdout), Self.lines(pairs[2].ours, outputs.stderr),
        ])
    }

    deinit { close(answers) }

    /// The runner's ends.
    var descriptors: PythonTaskRequest.Descriptors {
        .init(requests: theirs[0], stdout: theirs[1], stderr: theirs[2], logs: theirs[3])
    }

    /// To be called when the runner has its ends, or will never get them.
    func closeTheirs() { for descriptor in theirs { close(descriptor) } }

    /// Sends a frame; a runner that is gone is noticed elsewhere.
    func send(_ frame: [UInt8]) async {
        guard frame.count > Self.smallAnswer else { return transmit(frame, []) }
        await withCheckedContinuation { continuation in
            BlockingThread.start { [self] in
                transmit(frame, [])
                continuation.resume()
            }
        }
    }

    /// Answers with a new log channel besides the first one.
    func sendLogChannel(_ frame: [UInt8], log: SupervisorLog) {
        guard let pair = try? Self.pair() else { return transmit(frame, []) }
        let stream = Self.lines(pair.ours, maximum: Self.maximumRecord) { log.relay($0) }
        streams.withLock { $0.append(stream) }
        transmit(frame, [pair.theirs])
        close(pair.theirs)
    }

    /// Reads what the ended runner has left behind.
    func drain() { for stream in streams.withLock({ $0 }) { stream.drain() } }

    /// Ends the runner's requests although a descendant may hold their socket.
    func cutRequests() { requests.cut() }

    /// Waits until all streams have ended: descendants of the runner may hold them.
    func ended() async { for stream in streams.withLock({ $0 }) { await stream.ended() } }

    /// Ends all streams.
    func cut() { for stream in streams.withLock({ $0 }) { stream.cut() } }

    private func transmit(_ frame: [UInt8], _ descriptors: [Int32]) {
        _ = cposix_send(answers, frame, frame.count, descriptors, descriptors.count)
    }

    private static func lines(
        _ descriptor: Int32, maximum: Int = maximumLine, _ line: @escaping @Sendable (ArraySlice<UInt8>) -> Void
    ) -> RunnerStream {
        let splitter = LineSplitter(maximumLength: maximum, line: line)
        return RunnerStream(descriptor) { splitter.append($0) } finish: { splitter.finish() }
    }

    private static func pair() throws -> (ours: Int32, theirs: Int32) {
        var (ours, theirs): (Int32, Int32) = (-1, -1)
        let status = cposix_socketpair(&ours, &theirs)
        guard status == 0 else { throw ProcessError(description: "no socket: \(ChildProcess.text(-status))") }
        return (ours, theirs)
    }
}
