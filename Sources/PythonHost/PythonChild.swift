import CPosix
import Glibc
import PipelineCore

/// How a child process ended.
package enum ProcessExit: Sendable, Hashable {
    case code(Int32)
    case signal(Int32)

    init(waitStatus: Int32) {
        self = cposix_signaled(waitStatus) ? .signal(cposix_signal(waitStatus)) : .code(cposix_exit_code(waitStatus))
    }

    /// Python's convention, which Airflow's supervisor uses: the negated signal number.
    package var pythonReturnCode: Int32 {
        switch self {
        case .code(let code): code
        case .signal(let number): -number
        }
    }
}

/// A process that the host forked for one try of a task. It leads a process group of its own.
package struct PythonChild: Sendable {
    package let pid: Int32
    /// Clock ticks since boot; with the pid it names the process for ever, also after a restart of this program.
    package let startTime: Int64
    private let exit: Promise<ExitReport>
    private let sendSignal: @Sendable (Int32) -> Void

    init(started: StartReport, exit: Promise<ExitReport>, sendSignal: @escaping @Sendable (Int32) -> Void) {
        pid = started.pid
        startTime = started.startTime
        self.exit = exit
        self.sendSignal = sendSignal
    }

    /// Waits for the end of the process. Throws `hostEnded` where the host died first and the status is lost.
    package var exitStatus: ProcessExit {
        get async throws { ProcessExit(waitStatus: try await exit.value.status) }
    }

    /// Sends a signal to the process and all its descendants that stayed in its group. Goes through the host, which
    /// alone knows that the pid has not been given to another process.
    package func signal(_ number: Int32) { sendSignal(number) }
}

/// What the host says when it has forked a job.
struct StartReport: Sendable {
    var pid: Int32
    var startTime: Int64
}

/// What the host says when it has reaped a job.
struct ExitReport: Sendable {
    /// The raw wait status.
    var status: Int32
    /// Why the host killed it (`time`), or nil.
    var reason: String?
    /// The Python stack that a crash, `os._exit` or the time limit left behind.
    var trace: String
    /// The first 64 KiB of what it printed.
    var output: String
    /// How many bytes it printed in all.
    var outputSize: Int

    init(_ event: JSONValue) {
        status = Int32(truncatingIfNeeded: event["status"]?.intValue ?? 0)
        reason = event["reason"]?.stringValue
        trace = event["trace"]?.stringValue ?? ""
        output = event["output"]?.stringValue ?? ""
        outputSize = event["output_size"]?.intValue ?? 0
    }
}
