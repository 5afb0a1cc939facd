import Dispatch
import Glibc
import HTTPTransport
package import PipelineCore

extension StageHost {
    /// The host that this process is: standard streams, monotonic clock, libcurl, and SIGTERM and SIGINT as the request
    /// to end. A second signal ends the process at once.
    package static func process(environment: [String: String], wallClock: any WallClock) -> StageHost {
        let cancellation = CancellationFlag()
        TerminationSignals.set(cancellation)
        return StageHost(
            environment: environment, output: FileDescriptorWriter(STDOUT_FILENO),
            diagnostics: FileDescriptorWriter(STDERR_FILENO), isTerminal: isatty(STDERR_FILENO) == 1,
            clock: .system(wallClock),
            cancellation: cancellation, makeHTTPClient: { try CurlHTTPClient() })
    }
}

extension StageClock {
    /// Measures and waits by the machine's monotonic clock.
    static func system(_ wallClock: any WallClock) -> StageClock {
        let start = ContinuousClock.now
        return StageClock(
            wall: wallClock, uptime: { ContinuousClock.now - start },
            sleep: { try await ContinuousClock().sleep(for: $0) })
    }
}

/// Turns termination signals into a flag. The sources live as long as the process, as its signals do.
private enum TerminationSignals {
    private nonisolated(unsafe) static var sources: [any DispatchSourceSignal] = []
    private static let queue = DispatchQueue(label: "pipeline.signals")

    static func set(_ flag: CancellationFlag) {
        for number in [SIGTERM, SIGINT] {
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler {
                flag.set()
                signal(number, SIG_DFL)
            }
            source.activate()
            // Only the thread that composes the program calls this, before it starts a stage.
            sources.append(source)
        }
    }
}
