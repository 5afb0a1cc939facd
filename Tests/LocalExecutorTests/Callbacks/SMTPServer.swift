import ChildProcesses
import Glibc
import PipelineCore
import Synchronization

/// A mail server on loopback, in a process of its own, and what it was sent.
final class SMTPServer: Sendable {
    private let process: ChildProcess
    private let lines: AsyncStream<String>
    let port: Int

    init(python: String) async throws {
        let process = try ChildProcess(
            ProcessRequest(
                command: [python, CallbackBench.fixtures + "/smtp_server.py"], environment: [:], workingDirectory: nil))
        let (lines, line) = AsyncStream.makeStream(of: String.self)
        let rest = Mutex<[UInt8]>([])
        process.begin(
            output: { bytes in
                rest.withLock { rest in
                    rest += bytes
                    while let end = rest.firstIndex(of: 10) {
                        line.yield(String(decoding: rest[..<end], as: UTF8.self))
                        rest.removeFirst(end + 1)
                    }
                }
            }, willReap: { line.finish() })
        self.process = process
        self.lines = lines
        for await first in lines {
            guard first.hasPrefix("PORT "), let port = Int(first.dropFirst(5)) else { throw SMTPServerError(text: first) }
            self.port = port
            return
        }
        throw SMTPServerError(text: "it has ended")
    }

    /// The next message.
    func message() async throws -> JSONValue {
        for await line in lines where line.hasPrefix("MAIL ") { return try JSONValue.parse(String(line.dropFirst(5))) }
        throw SMTPServerError(text: "it has ended")
    }

    func stop() async {
        process.signal(SIGKILL)
        _ = await process.wait()
    }
}

struct SMTPServerError: Error { let text: String }
