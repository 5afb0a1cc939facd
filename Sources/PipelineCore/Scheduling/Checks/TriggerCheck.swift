/// Whether the task waits for a trigger or for a person.
struct TriggerCheck: DependencyCheck {
    static let name = "Trigger"

    let state: TaskState?
    let triggerClass: String?
    let timeout: Timestamp?

    private var waits: Bool { state == .deferred || state == .awaitingInput }

    var verdict: DependencyVerdict { waits ? .wait : .pass }
    var until: Timestamp? { waits ? timeout : nil }

    var reason: String {
        let end = timeout.map { ", at most until \($0)" } ?? ""
        return switch state {
        case .deferred: "The task waits for its trigger \(triggerClass ?? "")\(end)."
        case .awaitingInput: "The task waits for a person\(end); see 'pipeline hitl list'."
        default: "The task waits for no trigger."
        }
    }
}
