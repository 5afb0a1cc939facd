package import PipelineCore

/// What one container of a pod does, or did.
package struct ContainerStatusView: Sendable, Hashable {
    package let json: JSONValue

    package init(json: JSONValue) { self.json = json }

    package var name: String { json["name"]?.stringValue ?? "" }
    package var image: String? { json["image"]?.stringValue }
    /// With the digest that was pulled.
    package var imageID: String? { json["imageID"]?.stringValue }
    package var restartCount: Int { json["restartCount"]?.intValue ?? 0 }
    package var isReady: Bool { json["ready"]?.boolValue ?? false }
    package var state: State { State(json["state"]) }
    /// How it ended the time before, where it was started again.
    package var lastState: State { State(json["lastState"]) }

    package enum State: Sendable, Hashable {
        /// Not started: `ContainerCreating`, `ImagePullBackOff`, `CreateContainerConfigError` and so on.
        case waiting(reason: String?, message: String?)
        case running(startedAt: Timestamp?)
        case terminated(Termination)

        init(_ json: JSONValue?) {
            if let ended = json?["terminated"], !ended.isNull {
                self = .terminated(Termination(ended))
            } else if let running = json?["running"], !running.isNull {
                self = .running(startedAt: running["startedAt"].instant)
            } else {
                let waiting = json?["waiting"]
                self = .waiting(reason: waiting?["reason"]?.stringValue, message: waiting?["message"]?.stringValue)
            }
        }
    }

    /// How a container ended.
    package struct Termination: Sendable, Hashable {
        /// 128 plus the number of the signal that ended it.
        package var exitCode: Int
        /// `Completed`, `Error`, `OOMKilled`, `StartError`, `ContainerStatusUnknown`. `OOMKilled` stands with exit
        /// code 0 where a child was killed and the main process went on: the code decides.
        package var reason: String?
        /// What the container wrote to its termination message, 4,096 bytes at most.
        package var message: String?
        package var startedAt: Timestamp?
        package var finishedAt: Timestamp?

        init(_ json: JSONValue) {
            exitCode = json["exitCode"]?.intValue ?? -1
            reason = json["reason"]?.stringValue
            message = json["message"]?.stringValue
            startedAt = json["startedAt"].instant
            finishedAt = json["finishedAt"].instant
        }
    }

    package var termination: Termination? {
        if case .terminated(let termination) = state { termination } else { nil }
    }
}
