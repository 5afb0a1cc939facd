import CPosix
import Glibc
import PipelineCore
import Synchronization

/// The control socket of one host process: the zygote, or a fork of it that has a DAG file parsed.
///
/// Requests are sent from the caller's thread (they are small and the host always reads); a thread of its own receives
/// the events. When the socket ends, everything outstanding fails with `hostEnded`.
final class PythonChannel: Sendable {
    /// One request and what will become of it.
    struct Job: Sendable {
        let id: Int
        let started = Promise<StartReport>()
        let exited = Promise<ExitReport>()
    }

    private struct State {
        var jobs: [Int: Job] = [:]
        var lastID = 0
        var ended: PythonHostError?
    }

    /// The longest event that is read; results do not travel here.
    private static let maximumEvent = 1 << 20
    /// The longest request; below the socket's buffer, so that sending does not block.
    private static let maximumRequest = 64 * 1024

    private let socket: OwnedDescriptor
    private let state = Mutex(State())
    private let sending = Mutex(())
    /// The host's greeting: its versions.
    let ready = Promise<JSONValue>()
    /// Resolves when the socket has ended and `onEnd` has run.
    let ended = Promise<Void>()

    /// Takes over `socket`; `onEnd` runs on the receiving thread when the host is gone.
    init(socket: Int32, onEnd: @escaping @Sendable () -> Void = {}) {
        self.socket = OwnedDescriptor(socket)
        BlockingThread.start { [self] in
            receiveUntilEnd()
            fail(PythonHostError(.hostEnded, "the Python host process has ended"))
            onEnd()
            ended.resolve(.success(()))
        }
    }

    var jobCount: Int { state.withLock { $0.jobs.count } }
    var isOpen: Bool { state.withLock { $0.ended == nil } }

    /// Sends a request. `fds` stay the caller's. Throws where the host is gone.
    func submit(_ command: String, _ fields: JSONObject, fds: [Int32]) throws(PythonHostError) -> Job {
        let job = try state.withLock { state throws(PythonHostError) -> Job in
            if let ended = state.ended { throw ended }
            state.lastID += 1
            let job = Job(id: state.lastID)
            state.jobs[job.id] = job
            return job
        }
        do {
            try send(command, id: job.id, fields, fds: fds)
        } catch {
            _ = state.withLock { $0.jobs.removeValue(forKey: job.id) }
            throw error
        }
        return job
    }

    /// Signals the process group of a job; nothing happens where it has ended.
    func kill(_ job: Int, signal number: Int32, reason: String? = nil) {
        let fields: JSONObject = [
            "job": .int(job), "signal": .int(Int(number)), "reason": reason.map(JSONValue.string) ?? .null,
        ]
        try? send("kill", id: 0, fields, fds: [])  // A host that is gone has killed its jobs already.
    }

    /// Asks the host to exit when its last job has ended.
    func drain() {
        try? send("drain", id: 0, [:], fds: [])  // A host that is gone has nothing to drain.
    }

    /// Ends the host and everything it forked.
    func shutDown() { Glibc.shutdown(socket.raw, Int32(SHUT_RDWR)) }

    private func send(_ command: String, id: Int, _ fields: JSONObject, fds: [Int32]) throws(PythonHostError) {
        var request: JSONObject = ["id": .int(id), "command": .string(command)]
        request = request.merging(fields)
        let body = JSONValue.object(request).serializedUTF8()
        guard body.count <= Self.maximumRequest else {
            throw PythonHostError(.protocolViolation, "a \(command) request of \(body.count) bytes is too long")
        }
        let length = UInt32(body.count).bigEndian
        let message = withUnsafeBytes(of: length, Array.init) + body
        let result = sending.withLock { _ in
            cposix_send(socket.raw, message, message.count, fds, fds.count)
        }
        guard result == 0 else {
            throw PythonHostError(.hostEnded, "the Python host does not answer: \(SystemCall.text(of: -result))")
        }
    }

    private func receiveUntilEnd() {
        while let header = receive(4) {
            let size = header.reduce(0) { $0 << 8 | Int($1) }
            guard size <= Self.maximumEvent, let body = receive(size),
                let event = try? JSONValue.parse(utf8: body)
            else { return }
            dispatch(event)
        }
    }

    /// Exactly `size` bytes, or nil at the end of the stream.
    private func receive(_ size: Int) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: size)
        var offset = 0
        while offset < size {
            var noDescriptors = 0
            let count = bytes[offset...].withUnsafeMutableBytes { rest -> Int in
                guard let address = rest.baseAddress else { return 0 }
                return cposix_receive(socket.raw, address, rest.count, nil, &noDescriptors)
            }
            guard count > 0 else { return nil }
            offset += count
        }
        return bytes
    }

    private func dispatch(_ event: JSONValue) {
        switch event["event"]?.stringValue {
        case "ready": ready.resolve(.success(event))
        case "failed": ready.resolve(.failure(Self.failure(event)))
        case "started": job(of: event)?.started.resolve(.success(Self.startReport(event)))
        case "exited": remove(event)?.exited.resolve(.success(ExitReport(event)))
        case "refused": refuse(event)
        default: break
        }
    }

    private func job(of event: JSONValue) -> Job? {
        event["id"]?.intValue.flatMap { id in state.withLock { $0.jobs[id] } }
    }

    private func remove(_ event: JSONValue) -> Job? {
        event["id"]?.intValue.flatMap { id in state.withLock { $0.jobs.removeValue(forKey: id) } }
    }

    private func refuse(_ event: JSONValue) {
        let text = event["message"]?.stringValue ?? ""
        let error = PythonHostError(.protocolViolation, "the Python host refused a request: \(text)")
        guard let job = remove(event) else { return }
        job.started.resolve(.failure(error))
        job.exited.resolve(.failure(error))
    }

    private func fail(_ error: PythonHostError) {
        let jobs = state.withLock { state -> [Job] in
            state.ended = error
            defer { state.jobs = [:] }
            return Array(state.jobs.values)
        }
        ready.resolve(.failure(error))
        for job in jobs {
            job.started.resolve(.failure(error))
            job.exited.resolve(.failure(error))
        }
    }

    private static func startReport(_ event: JSONValue) -> StartReport {
        StartReport(
            pid: Int32(event["pid"]?.intValue ?? 0), startTime: Int64(event["start_time"]?.intValue ?? 0))
    }

    /// The error of a host that could not get ready.
    private static func failure(_ event: JSONValue) -> PythonHostError {
        let text = event["message"]?.stringValue ?? "no reason given"
        let traceback = event["traceback"]?.stringValue
        switch event["reason"]?.stringValue {
        case "missing_module": return PythonHostError(.sdkMissing, text)
        case "not_warm": return PythonHostError(.notWarm, text)
        default: return PythonHostError(.sdkBroken, text, traceback: traceback)
        }
    }
}
