import PipelineCore

/// How a task is shown while its run goes on: elapsed time, state, name, and what there is to say of it.
struct ProgressLine {
    let started: Timestamp
    let colour: Bool
    /// Longer lines are cut; `nil`: never.
    var columns: Int?

    func text(_ instance: TaskInstance, _ state: TaskState, at instant: Timestamp) -> String {
        var rest = Self.name(instance.key)
        if instance.tryNumber > 1 { rest += "  try \(instance.tryNumber)" }
        if state.isFinished, let duration = instance.duration { rest += "  \(Self.seconds(duration))" }
        if state == .running, let start = instance.startDate, columns != nil { rest += "  \(Self.clock(instant - start))" }
        if state != .success, state != .running, let reason = instance.reason { rest += "  (\(reason))" }
        if state == .awaitingInput { rest += "  (\(Self.answering(instance.key)))" }
        let word = state == .queued ? "waiting" : state.rawValue
        return line(word: word, code: Self.colourCode(state), rest, at: instant)
    }

    func text(_ wait: TaskWait, at instant: Timestamp) -> String {
        line(word: "waiting", code: 90, "\(Self.name(wait.task))  (\(wait.check.reason))", at: instant)
    }

    /// States that last, and launches that wait for something: what a task passes through on its way is not worth a line.
    static func isShown(_ instance: TaskInstance) -> Bool {
        switch instance.state {
        case nil, .scheduled?: false
        case .queued?: instance.reason != nil
        default: true
        }
    }

    private func line(word: String, code: Int, _ rest: String, at instant: Timestamp) -> String {
        let head = Self.clock(instant - started) + "  "
        let word = word.padding(to: 15)
        let room = columns.map { max(0, $0 - head.count - word.count - 3) }
        let tail = (room.map { String(rest.prefix($0)) } ?? rest).replacing("\n", with: " ")
        return head + (colour ? "\u{1B}[\(code)m\(word)\u{1B}[0m" : word) + "  " + tail
    }

    /// How a person answers.
    private static func answering(_ key: TaskInstanceKey) -> String {
        "pipeline hitl respond \(key.run.dagID) \(key.run.runID) \(key.taskID)"
            + (key.mapIndex < 0 ? "" : " --map-index \(key.mapIndex)") + " --option ..."
    }

    private static func name(_ key: TaskInstanceKey) -> String {
        key.taskID + (key.mapIndex < 0 ? "" : "[\(key.mapIndex)]")
    }

    /// Airflow's colours, as near as sixteen colours come.
    private static func colourCode(_ state: TaskState) -> Int {
        switch state {
        case .success: 32
        case .running: 92
        case .failed: 31
        case .upstreamFailed, .upForRetry: 33
        case .skipped: 35
        case .deferred, .awaitingInput, .upForReschedule: 36
        default: 90
        }
    }

    static func clock(_ duration: Duration) -> String {
        let tenths = max(0, duration.microseconds / 100_000)
        return "\(Int(tenths / 600).padded(2)):\(Int(tenths / 10 % 60).padded(2)).\(tenths % 10)"
    }

    static func seconds(_ duration: Duration) -> String {
        let milliseconds = Int(duration.microseconds / 1_000)
        return "\(milliseconds / 1_000).\((milliseconds % 1_000).padded(3)) s"
    }
}
