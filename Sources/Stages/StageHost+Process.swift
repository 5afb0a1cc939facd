import Dispatch
import Glibc
import HTTPTransport
import PipelineCore

extension StageHost {
    /// The host that this process is: standard streams, real clocks, libcurl, and SIGTERM and SIGINT as the request to
    /// end. A second signal ends the process at once.
    package static func process(environment: [String: String]) -> StageHost {
        let cancellation = CancellationFlag()
        TerminationSignals.set(cancellation)
        return StageHost(
            environment: environment, output: FileDescriptorWriter(STDOUT_FILENO),
            diagnostics: FileDescriptorWriter(STDERR_FILENO), isTerminal: isatty(STDERR_FILENO) == 1, clock: .system,
            cancellation: cancellation, makeHTTPClient: { try CurlHTTPClient() })
    }
}

extension StageClock {
    /// The machine's own clocks.
    package static var system: StageClock {
        let start = ContinuousClock.now
        return StageClock(
            now: {
                var time = timespec()
                clock_gettime(CLOCK_REALTIME, &time)
                return Timestamp(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000)
            },
            uptime: { ContinuousClock.now - start },
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
