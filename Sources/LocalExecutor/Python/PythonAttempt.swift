import CPosix
import Glibc
import PipelineCore
import PythonHost

/// One running try, from the startup message to the last line of its log.
/// Source: Airflow `sdk/execution_time/supervisor.py` (`ActivitySubprocess`).
struct PythonAttempt: Sendable {
    let launch: TaskLaunch
    let child: PythonChild
    let connection: RunnerConnection
    let requests: RunnerRequests
    let control: LaunchControl
    let settings: PythonTaskRunner.Settings
    let clock: any Clock<Duration>

    private var log: SupervisorLog { requests.log }

    /// Tells the runner what to run.
    func begin(bundle: PythonBundle, startedAt: Timestamp) async throws {
        let keys = launch.isResume ? [] : try await requests.facts.xcomKeys(of: launch.instance.key)
        let consumed = try await requests.facts.consumedAssetEvents(of: launch.run.key)
        let message = StartupDetails.message(
            launch, bundle: bundle, hostname: settings.hostname, startedAt: startedAt, xcomKeys: keys,
            consumed: consumed)
        await connection.send(RunnerFrames.response(0, body: message))
    }

    /// Serves the runner until its process and its output have ended; sets `end` as soon as the outcome is known.
    func serve(_ end: Outcome) async {
        let exit = Task { await waitForExit() }
        var overtime: Task<Void, Never>?
        await answerRequests(end, &overtime)
        let status = await exit.value
        overtime?.cancel()
        logExit(status)
        end.set(lastWord(status))
        await finishOutput()
    }

    private func waitForExit() async -> ProcessExit? {
        let status = try? await child.exitStatus  // A host that died took the status with it.
        control.processEnded()
        connection.drain()
        // Descendants may hold the runner's sockets; it will not ask anything any more.
        connection.cutRequests()
        return status
    }

    private func answerRequests(_ end: Outcome, _ overtime: inout Task<Void, Never>?) async {
        for await event in connection.events {
            switch event {
            case .request(let request): await answer(request, end, &overtime)
            case .malformed(let text):
                log.write("error", "Unable to decode message", ["reason": .string(text)], logger: "supervisor")
                child.signal(SIGKILL)
            case .closed: break
            }
        }
    }

    private func answer(
        _ request: RunnerFrames.Request, _ end: Outcome, _ overtime: inout Task<Void, Never>?
    ) async {
        if TerminalMessage.types.contains(request.type) {
            let answer = await conclude(request.body, end)
            if end.isSet, overtime == nil { overtime = limitOvertime() }
            return await connection.send(answer.frame(request.id))
        }
        let answer = await requests.answer(request.body)
        if answer == .logChannel {
            connection.sendLogChannel(answer.frame(request.id), log: log)
        } else {
            await connection.send(answer.frame(request.id))
        }
    }

    /// The outcome is reported at once: waiting for the end of the process would cost each successor its callbacks.
    private func conclude(_ body: JSONValue, _ end: Outcome) async -> RunnerAnswer {
        do {
            let outcome = try TerminalMessage.outcome(body, lastError: log.lastError)
            if let text = body["rendered_map_index"]?.stringValue {
                try await requests.service.setRenderedMapIndex(text, launch.id)
            }
            end.set(.outcome(outcome))
            return .done
        } catch {
            return .failure(error)
        }
    }

    /// Ends a process that runs on for too long after its task; cancelled when the process ends.
    private func limitOvertime() -> Task<Void, Never> {
        Task {
            guard (try? await clock.sleep(for: settings.overtime)) != nil else { return }
            log.write(
                "warning",
                "Task success overtime reached; terminating process. Modify `task_success_overtime` setting in [core] "
                    + "section of Airflow configuration to change this limit.",
                ["ti_id": .string(launch.instance.id.description)], logger: "supervisor")
            child.signal(SIGTERM)
            guard (try? await clock.sleep(for: settings.grace)) != nil else { return }
            child.signal(SIGKILL)
        }
    }

    /// What an ended process without a terminal message means.
    private func lastWord(_ status: ProcessExit?) -> RunnerEnd {
        guard let status else { return .lost(reason: "the Python host ended") }
        if control.terminationReason == .shutdown { return .lost(reason: "pipeline was shut down") }
        let reason = control.terminationReason.map { "ended: \($0.rawValue)" } ?? Self.text(status, log.lastError)
        return .outcome(.died(reason: reason))
    }

    private static func text(_ status: ProcessExit, _ lastError: String?) -> String {
        switch status {
        case .code(let code): lastError ?? "the task process exited with code \(code) and reported no state"
        case .signal(let number): "the task process was ended by signal \(number)"
        }
    }

    private func logExit(_ status: ProcessExit?) {
        switch status {
        case nil, .code(0): break
        case .code(let code): log.write("warning", "Process exited abnormally", ["exit_code": .int(Int(code))])
        case .signal(let number):
            if control.terminationReason != nil { return log.write("error", "Task killed!") }
            let isKill = number == SIGKILL
            let advice = "For more information, see https://airflow.apache.org/docs/apache-airflow/stable/"
                + "troubleshooting.html#process-terminated-by-signal."
            log.write(
                isKill ? "critical" : "error",
                "Process terminated by signal.\(isKill ? " Likely out of memory error (OOM)." : "") \(advice)",
                ["signal": .int(-Int(number)), "signal_name": .string(Self.name(number))])
        }
    }

    private static let names: [Int32: String] = [
        SIGHUP: "SIGHUP", SIGINT: "SIGINT", SIGQUIT: "SIGQUIT", SIGILL: "SIGILL", SIGABRT: "SIGABRT", SIGBUS: "SIGBUS",
        SIGFPE: "SIGFPE", SIGKILL: "SIGKILL", SIGSEGV: "SIGSEGV", SIGPIPE: "SIGPIPE", SIGALRM: "SIGALRM",
        SIGTERM: "SIGTERM", SIGUSR1: "SIGUSR1", SIGUSR2: "SIGUSR2",
    ]

    private static func name(_ number: Int32) -> String {
        names[number] ?? "\(number)"
    }

    /// Waits for the output of descendants, within a bound.
    private func finishOutput() async {
        let patience = Task {
            try await clock.sleep(for: settings.outputTimeout)
            log.write("warning", "Process exited with open sockets; cleaning up after timeout", logger: "supervisor")
            connection.cut()
        }
        await connection.ended()
        patience.cancel()
    }
}
