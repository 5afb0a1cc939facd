import Glibc
import PipelineCore
import PythonHost
import Synchronization

/// The process of one callback, from its start to the last line of its log.
struct CallbackProcess: Sendable {
    let child: PythonChild
    let connection: RunnerConnection
    let requests: RunnerRequests
    let settings: PythonCallbackRunner.Settings
    let clock: any Clock<Duration>

    /// Why it is ended before its own end.
    private enum Ending: Sendable { case timeLimit, cancelled }

    func serve() async -> CallbackEnd {
        let ending = Mutex<Ending?>(nil)
        // Ended from a task of its own, since a cancelled one cannot wait for the grace.
        let limit = Task {
            guard (try? await clock.sleep(for: settings.timeLimit)) != nil else { return }
            ending.withLock { $0 = $0 ?? .timeLimit }
            await end()
        }
        let exit = Task { await waitForExit() }
        let status = await withTaskCancellationHandler {
            await answer()
            return await exit.value
        } onCancel: {
            ending.withLock { $0 = $0 ?? .cancelled }
            Task { await end() }
        }
        limit.cancel()
        await finishOutput()
        return verdict(status, ending.withLock { $0 })
    }

    private func end() async {
        child.signal(SIGTERM)
        guard (try? await clock.sleep(for: settings.grace)) != nil else { return }
        child.signal(SIGKILL)
    }

    private func waitForExit() async -> ProcessExit? {
        let status = try? await child.exitStatus
        connection.drain()
        connection.cutRequests()
        return status
    }

    private func answer() async {
        for await event in connection.events {
            switch event {
            case .request(let request): await connection.send(await requests.answer(request.body).frame(request.id))
            case .malformed: child.signal(SIGKILL)
            case .closed: break
            }
        }
    }

    private func finishOutput() async {
        let patience = Task {
            try await clock.sleep(for: settings.outputTimeout)
            connection.cut()
        }
        await connection.ended()
        patience.cancel()
    }

    private func verdict(_ status: ProcessExit?, _ ending: Ending?) -> CallbackEnd {
        switch (status, ending) {
        case (.code(0)?, _): return .done
        case (_, .cancelled?): return .interrupted
        case (_, .timeLimit?):
            let text = "it took longer than \(settings.timeLimit.inSeconds) s"
            requests.log.write("error", "The callback was ended: \(text)", logger: "supervisor")
            return .failed(reason: text)
        case (.code(let code)?, nil): return .failed(reason: requests.log.lastError ?? "its process ended with code \(code)")
        case (.signal(let number)?, nil): return .failed(reason: "its process was ended by signal \(number)")
        case (nil, nil): return .unreachable(reason: "the Python host ended")
        }
    }
}
