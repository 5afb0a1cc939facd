import CPosix
import ChildProcesses
import Glibc
package import PipelineCore
import Synchronization

/// Answers what a DAG file asks for while it is imported: variables and connections, as Airflow's DAG processor does.
/// One value serves one read; `descriptor` goes into the read request.
package final class ReadQuestions: Sendable {
    /// The file's end of the socket.
    package let descriptor: Int32
    private let stream: RunnerStream
    private let answering: Task<Bool, Never>

    /// - Throws: ``ProcessError`` when the system has no sockets left.
    package init(service: any TaskService) throws {
        var (ours, theirs): (Int32, Int32) = (-1, -1)
        let status = cposix_socketpair(&ours, &theirs)
        guard status == 0 else { throw ProcessError(description: "no socket: \(ChildProcess.text(-status))") }
        descriptor = theirs
        let answers = fcntl(ours, F_DUPFD_CLOEXEC, 0)
        let (requests, continuation) = AsyncStream.makeStream(of: RunnerFrames.Request.self)
        let frames = Mutex(RunnerFrames())
        stream = RunnerStream(ours) { bytes in
            // Bytes that are no frame end the conversation: the file waits for an answer until its time is up.
            let found = try? frames.withLock { frames throws(MessagePack.DecodingError) in try frames.append(bytes) }
            for request in found ?? [] { continuation.yield(request) }
        } finish: {
            continuation.finish()
        }
        let settings = SettingsRequests(service: service) { _, _ in }
        answering = Task {
            defer { close(answers) }
            var hasAsked = false
            for await request in requests {
                hasAsked = hasAsked || request.type != "MaskSecret"
                let frame = await Self.answer(request, settings).frame(request.id)
                _ = cposix_send(answers, frame, frame.count, nil, 0)
            }
            return hasAsked
        }
    }

    /// To be called when the read is over. Whether the file asked anything: its DAGs then depend on more than its
    /// content, and must not be cached by that alone.
    package func finish() async -> Bool {
        close(descriptor)
        stream.cut()
        return await answering.value
    }

    private static func answer(_ request: RunnerFrames.Request, _ settings: SettingsRequests) async -> RunnerAnswer {
        do {
            if request.type == "MaskSecret" { return .done }
            if let answer = try await settings.answer(request.type, request.body) { return answer }
            return .failure(detail: ["status_code": 400, "message": .string("Unhandled request \(request.type)")])
        } catch {
            return .failure(error)
        }
    }
}
