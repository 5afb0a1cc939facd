/// Works out the deadlines of a new run. Source: Airflow 3.3 `serialization/definitions/deadline.py`, `.../dag.py`
/// (`_process_dagrun_deadline_alerts`).
package struct DeadlineEvaluator: Sendable {
    private let store: any RunStore & SettingsStore
    private let secrets: EnvironmentSecrets
    private let rules: [NotificationRule]
    private let wallClock: any WallClock
    private let custom: @Sendable (DAGRun, DAG, String, JSONObject) async throws -> Timestamp?
    private let note: @Sendable (String) -> Void

    /// - Parameters:
    ///   - custom: asks a reference that an author has written; `nil`: it has no instant for this run.
    ///   - note: told of alerts of which no deadline can be made; the run goes on without.
    package init(
        store: any RunStore & SettingsStore, secrets: EnvironmentSecrets, rules: [NotificationRule],
        wallClock: any WallClock,
        custom: @escaping @Sendable (DAGRun, DAG, String, JSONObject) async throws -> Timestamp?,
        note: @escaping @Sendable (String) -> Void
    ) {
        self.store = store
        self.secrets = secrets
        self.rules = rules
        self.wallClock = wallClock
        self.custom = custom
        self.note = note
    }

    /// - Throws: ``StoreError`` where the store cannot be read now.
    package func deadlines(of run: DAGRun, _ dag: DAG) async throws -> [Deadline] {
        var deadlines: [Deadline] = []
        for alert in dag.header.deadlines {
            do {
                if let deadline = try await deadline(alert, run, dag) { deadlines.append(deadline) }
            } catch let error as StoreError {
                throw error
            } catch {
                note("run \(run.key) has no deadline \(alert.name ?? ""): \(error)")
            }
        }
        for rule in rules where rule.wants(.longRunning, of: dag.id) {
            guard let interval = rule.longRunningAfter else { continue }
            deadlines.append(
                Deadline(
                    id: newID(), run: run.key, name: nil, time: queuedAt(run) + interval, sinceQueued: interval,
                    action: .longRunning(target: rule.target)))
        }
        return deadlines
    }

    private func queuedAt(_ run: DAGRun) -> Timestamp { run.queuedAt ?? wallClock.now() }

    private func newID() -> UUID7 {
        var generator = SystemRandomNumberGenerator()
        return UUID7(at: wallClock.now(), using: &generator)
    }

    private func deadline(_ alert: DeadlineAlert, _ run: DAGRun, _ dag: DAG) async throws -> Deadline? {
        let interval = try await interval(alert.interval)
        guard let reference = try await instant(alert.reference, run, dag) else { return nil }
        return Deadline(
            id: newID(), run: run.key, name: alert.name, time: reference + interval,
            sinceQueued: alert.reference == .queuedAt ? interval : nil, action: .callback(alert.callback))
    }

    /// A hundred years: what is added to an instant stays one.
    private static let maximumSeconds = 3_155_760_000

    private func interval(_ interval: DeadlineAlert.Interval) async throws -> Duration {
        switch interval {
        case .fixed(let duration): return duration
        case .variable(let key):
            let value = if let known = secrets.variable(key) { known } else { try await store.variable(key)?.value }
            guard let value else { throw DeadlineError("there is no variable '\(key)', which its interval is in") }
            guard let seconds = Int(value), (0...Self.maximumSeconds).contains(seconds) else {
                throw DeadlineError("variable '\(key)' must be a whole number of seconds up to \(Self.maximumSeconds)")
            }
            return .seconds(seconds)
        }
    }

    private func instant(_ reference: DeadlineAlert.Reference, _ run: DAGRun, _ dag: DAG) async throws -> Timestamp? {
        switch reference {
        case .logicalDate:
            guard let date = run.logicalDate else { throw DeadlineError("the run has no logical date") }
            return date
        case .queuedAt: return queuedAt(run)
        case .fixed(let instant): return instant
        case .averageRuntime(let maxRuns, let minRuns):
            return try await averageRuntime(dag.id, maxRuns, minRuns).map { wallClock.now() + $0 }
        case .custom(let path, let data): return try await custom(run, dag, path, data)
        }
    }

    /// Of successful runs, the latest first; `nil` where there are too few.
    private func averageRuntime(_ dagID: String, _ maxRuns: Int, _ minRuns: Int) async throws -> Duration? {
        let runs = try await store.runs(RunFilter(dagID: dagID, states: [.success], limit: maxRuns))
        let durations = runs.compactMap { run in run.startDate.flatMap { start in run.endDate.map { $0 - start } } }
        guard durations.count >= max(1, minRuns) else { return nil }
        return durations.reduce(.zero, +) / durations.count
    }
}

/// Why there is no deadline.
struct DeadlineError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
