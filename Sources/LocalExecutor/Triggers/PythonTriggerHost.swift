package import PipelineCore
package import PythonHost
import Synchronization

/// Triggers as Airflow runs them: one Python process with one event loop for all. It is started by the first trigger,
/// ended when there has been none for a while, and begun again with all its triggers when it crashes.
package final class PythonTriggerHost: TriggerHost {
    package struct Settings: Sendable {
        /// Triggers that run at once (`[triggerer] capacity`); the others wait in order.
        package var capacity = 1_000
        /// How long the process is kept without a trigger.
        package var idleTimeout = Duration.seconds(60)
        /// Before the process is begun again after a crash, doubled each time it crashes soon after.
        package var firstDelay = Duration.seconds(1)
        package var maximumDelay = Duration.seconds(60)
        /// A process that lived so long has not crashed soon.
        package var soundLife = Duration.seconds(60)
        /// Between TERM and KILL.
        package var grace = Duration.seconds(5)
        /// Before a watcher that has ended begins again; doubled each time that it fails, up to ``maximumDelay``.
        package var watcherRest = Duration.seconds(1)
        /// Bytes of one log.
        package var maximumLogBytes = 256 << 20

        package init() {}
    }

    private struct State {
        var table: TriggerTable
        var process: TriggerProcess?
        var serving: Task<Void, Never>?
        var isShutDown = false
        /// Times that a watcher has failed since it last said something.
        var failures: [Int: Int] = [:]
        /// Told when a trigger has ended, while somebody waits for that.
        var onFinished: AsyncStream<Void>.Continuation?
        /// Changes with each trigger that comes: tells whether an idle time went by unbroken.
        var generation = 0
    }

    private let python: PythonHost
    private let place: (name: String, path: String)
    private let service: any TaskService
    private let facts: any PythonTaskFacts
    private let logs: any TaskLogStore
    private let settings: Settings
    private let wallClock: any WallClock
    private let clock: any Clock<Duration>
    private let context: @Sendable (TaskInstance) async throws -> TriggerContext?
    private let note: @Sendable (String) -> Void
    private let state: Mutex<State>

    /// - Parameters:
    ///   - place: name and path of the DAGs folder, beside whose files triggers may stand.
    ///   - context: what templates of a task that begins in its trigger are rendered with; `nil` for any other.
    ///   - note: told of crashes, and of triggers that block the others.
    package init(
        python: PythonHost, place: (name: String, path: String), service: any TaskService,
        facts: any PythonTaskFacts, logs: any TaskLogStore, settings: Settings, wallClock: any WallClock,
        clock: any Clock<Duration>, context: @escaping @Sendable (TaskInstance) async throws -> TriggerContext?,
        note: @escaping @Sendable (String) -> Void
    ) {
        self.python = python
        self.place = place
        self.service = service
        self.facts = facts
        self.logs = logs
        self.settings = settings
        self.wallClock = wallClock
        self.clock = clock
        self.context = context
        self.note = note
        state = Mutex(State(table: TriggerTable(capacity: settings.capacity)))
    }

    package func run(_ trigger: DeferredTrigger, report: @escaping @Sendable (TriggerReport) -> Void) {
        host(.trigger(trigger), report)
    }

    package func run(_ callback: AsyncCallbackCall, report: @escaping @Sendable (TriggerReport) -> Void) {
        host(.callback(callback), report)
    }

    private func host(_ hosted: TriggerTable.Hosted, _ report: @escaping @Sendable (TriggerReport) -> Void) {
        state.withLock { state in
            guard !state.isShutDown, state.table.add(hosted, report: report) else { return }
            state.generation += 1
            // Lives as long as there are triggers, not as long as the turn that brought the first.
            if state.serving == nil { state.serving = Task { await serve() } }
        }
        giveOrders()
    }

    package func watch(_ trigger: EventTrigger, onEvent: @escaping @Sendable (JSONValue) async -> Void) {
        state.withLock { state in
            guard !state.isShutDown, state.table.add(trigger, onEvent: onEvent) else { return }
            state.generation += 1
            if state.serving == nil { state.serving = Task { await serve() } }
        }
        giveOrders()
    }

    package func unwatch(_ id: EventTriggerID) {
        state.withLock { $0.table.unwatch(id) }
        giveOrders()
        endWhenIdle()
    }

    package func stop(_ launch: LaunchID) {
        state.withLock { $0.table.stop(launch) }
        giveOrders()
        endWhenIdle()
    }

    package func shutdown() async {
        state.withLock { state in
            state.isShutDown = true
            state.table.close()
        }
        await letStoppedOnesFinish()
        let (process, serving) = state.withLock { ($0.process, $0.serving) }
        if let process {
            // Answered to its end: it reports what it has cleaned up, and waits for the answer.
            await end(process, of: serving)
        } else {
            serving?.cancel()
            await serving?.value
        }
    }

    /// Triggers that have been stopped may have something to end elsewhere: they get the grace time for it.
    private func letStoppedOnesFinish() async {
        let (changes, change) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        state.withLock { $0.onFinished = change }
        let timing = Task {
            try await clock.sleep(for: settings.grace)
            change.finish()
        }
        defer { timing.cancel() }
        guard isCancelling else { return }
        for await _ in changes where !isCancelling { return }
    }

    private var isCancelling: Bool { state.withLock { $0.process != nil && $0.table.isCancelling } }

    // MARK: - The process

    /// Starts the process, and starts it again until nobody wants it.
    private func serve() async {
        var delay = settings.firstDelay
        while isNeeded {
            let began = wallClock.now()
            let reason = await serveOnce()
            let (wasEnded, count) = state.withLock { state in
                defer { state.process = nil }
                state.table.processEnded()
                state.onFinished?.finish()
                return (state.process?.isEnding == true, state.isShutDown ? 0 : state.table.count)
            }
            if wasEnded || count == 0 { continue }
            if wallClock.now() - began >= settings.soundLife { delay = settings.firstDelay }
            note("the trigger host \(reason); \(count) triggers begin again in \(delay.inSeconds) s")
            guard (try? await clock.sleep(for: delay)) != nil else { return }
            delay = min(delay * 2, settings.maximumDelay)
        }
    }

    /// A loop that is not needed is forgotten in the same breath.
    private var isNeeded: Bool {
        state.withLock { state in
            let isNeeded = !state.isShutDown && !state.table.isEmpty
            if !isNeeded { state.serving = nil }
            return isNeeded
        }
    }

    /// How the process ended, or why there was none.
    private func serveOnce() async -> String {
        do {
            let log = try TriggerLog(
                logs: logs, wallClock: wallClock, maximumBytes: settings.maximumLogBytes,
                path: { [self] id in state.withLock { $0.table.logPath(id) } }, note: note)
            let requests = RunnerRequests(
                asking: nil, service: service, facts: facts, log: log.own, wallClock: wallClock)
            let process = try await TriggerProcess.start(python, place, log, requests)
            let mustEnd = state.withLock { state in
                state.process = process
                return state.isShutDown
            }
            if mustEnd { process.kill() }
            let exit = await process.serve(onReport: receive) { [self] in giveOrders() }
            return exit.map(Self.text) ?? "ended with the Python host"
        } catch {
            return "could not be started: \(error)"
        }
    }

    private static func text(_ exit: ProcessExit) -> String {
        switch exit {
        case .code(let code): "ended with code \(code)"
        case .signal(let number): "was ended by signal \(number)"
        }
    }

    private func end(_ process: TriggerProcess, of serving: Task<Void, Never>?) async {
        process.end()
        let killing = Task {
            guard (try? await clock.sleep(for: settings.grace)) != nil else { return }
            process.kill()
        }
        await serving?.value
        killing.cancel()
    }

    /// Ends the process once it has had nothing to do for a while.
    private func endWhenIdle() {
        let (generation, process) = state.withLock { state -> (Int, TriggerProcess?) in
            (state.generation, state.table.isEmpty ? state.process : nil)
        }
        guard let process else { return }
        Task {
            guard (try? await clock.sleep(for: settings.idleTimeout)) != nil else { return }
            let isIdle = state.withLock { $0.generation == generation && $0.process === process }
            if isIdle { process.end() }
        }
    }

    // MARK: - Orders and reports

    /// Tells the process what there is to do, if it waits for that and there is anything.
    private func giveOrders() {
        let next = state.withLock { state -> (TriggerProcess, Int, TriggerTable.Orders)? in
            guard let process = state.process, state.table.hasOrders, let question = process.takeQuestion() else {
                return nil
            }
            return (process, question, state.table.takeOrders())
        }
        guard let (process, question, orders) = next else { return }
        Task {
            var create: [JSONValue] = []
            for (id, entry) in orders.create {
                switch entry {
                case .once(let hosted, _): create.append(await workload(id, hosted))
                case .watching(let trigger, _): create.append(TriggerWorkload.json(id, trigger))
                }
            }
            await process.answer(question, create: create, cancel: orders.cancel)
        }
    }

    private func workload(_ id: Int, _ hosted: TriggerTable.Hosted) async -> JSONValue {
        switch hosted {
        case .trigger(let trigger): await workload(id, trigger)
        case .callback(let callback): TriggerWorkload.json(id, callback)
        }
    }

    /// A context that cannot be had leaves the templates as they are written, and the log says why.
    private func workload(_ id: Int, _ trigger: DeferredTrigger) async -> JSONValue {
        do {
            return TriggerWorkload.json(id, trigger, context: try await context(trigger.instance))
        } catch {
            note("the templates of the trigger of \(trigger.instance.key) cannot be rendered: \(error)")
            return TriggerWorkload.json(id, trigger, context: nil)
        }
    }

    /// What watchers say is taken before the process is told so; all else is only passed on.
    private func receive(_ reports: JSONValue) async {
        for event in reports["events"]?.arrayValue ?? [] where !isBeginning(event) {
            let id = event["id"]?.intValue
            if let id, let onEvent = state.withLock({ $0.table.watcher(id) }) {
                state.withLock { $0.failures[id] = nil }
                await onEvent(event["payload"] ?? .null)
            } else {
                fire(id, Self.report(event))
            }
        }
        for failure in reports["failures"]?.arrayValue ?? [] {
            let lines = failure[1]?.arrayValue?.compactMap(\.stringValue)
            if let id = failure[0]?.intValue, state.withLock({ $0.table.watcher(id) }) != nil {
                state.withLock { $0.failures[id, default: 0] += 1 }
                note("a watcher failed and begins again: \(lines?.last ?? "it ended without an event")")
            } else {
                fire(failure[0]?.intValue, TriggerReport(.failed(traceback: lines)))
            }
        }
        let finished = (reports["finished"]?.arrayValue ?? []).compactMap(\.intValue)
        let resting = state.withLock { state in
            defer { state.onFinished?.yield() }
            return finished.filter { state.table.finished($0) }
        }
        for id in resting { wakeLater(id) }
        giveOrders()
        endWhenIdle()
    }

    private func wakeLater(_ id: Int) {
        let failures = state.withLock { $0.failures[id] ?? 0 }
        let rest = min(settings.watcherRest * (1 << min(failures, 10)), settings.maximumDelay)
        Task {
            guard (try? await clock.sleep(for: rest)) != nil else { return }
            state.withLock { $0.table.wake(id) }
            giveOrders()
        }
    }

    private func isBeginning(_ event: JSONValue) -> Bool {
        guard let id = event["id"]?.intValue else { return false }
        return state.withLock { $0.table.isBeginning(id, event["payload"]) }
    }

    private func fire(_ id: Int?, _ report: TriggerReport) {
        guard let id, let tell = state.withLock({ $0.table.fire(id) }) else { return }
        tell(report)
        // It may go on to say more, which nobody waits for; most are just about to end.
        Task {
            guard (try? await clock.sleep(for: settings.grace)) != nil else { return }
            state.withLock { $0.table.cancelFired(id) }
            giveOrders()
        }
    }

    private static func report(_ event: JSONValue) -> TriggerReport {
        let xcoms = event["xcoms"]?.objectValue ?? [:]
        return switch event["state"]?.stringValue {
        case nil: TriggerReport(.event(event["payload"] ?? .null))
        case "success"?: TriggerReport(.taskSucceeded, xcoms: xcoms)
        case "skipped"?: TriggerReport(.taskSkipped, xcoms: xcoms)
        default: TriggerReport(.taskFailed, xcoms: xcoms)
        }
    }
}
