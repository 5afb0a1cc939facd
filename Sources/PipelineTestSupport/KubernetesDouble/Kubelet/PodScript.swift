/// What becomes of a pod once it is bound to a node: what its containers do, and what the kubelet says about it, when.
/// The two are apart because they are apart in a cluster: a container ends seconds before its pod does, and may run
/// without ever being seen running.
package struct PodScript: Sendable, Hashable {
    package enum Phase: String, Sendable, Hashable {
        case pending = "Pending"
        case running = "Running"
        case succeeded = "Succeeded"
        case failed = "Failed"
    }

    /// Steps without a container mean all ordinary containers.
    package enum Step: Sendable, Hashable {
        case wait(Duration)
        /// The kubelet takes the pod: `startTime`, and containers in `ContainerCreating` (or `PodInitializing`).
        case accept
        /// A container waits for the reason given; nothing is said before the next report.
        case hold(container: String? = nil, reason: String, message: String = "")
        /// An Event of the kubelet about the pod, or about a container of it.
        case event(type: String = "Normal", reason: String, message: String, container: String? = nil)
        /// Containers run. Init containers that still wait have completed by then, sidecars run.
        case start(container: String? = nil)
        /// A line of log, without its line end.
        case log(String, container: String? = nil)
        /// Raw output, stamped as one entry.
        case output([UInt8], container: String? = nil)
        /// Containers end.
        case exit(Exit, container: String? = nil)
        /// The container starts afresh after its end: `restartCount` grows, its state becomes its last state.
        case restart(container: String? = nil)
        /// Tells the server the state of all containers; with a phase, that too. Sidecars are killed at an end.
        case report(Phase? = nil)
        /// The kubelet ends the pod: Failed with a reason of the pod, running containers die with 137.
        case fail(reason: String, message: String)
        /// Somebody marks the pod as disrupted and deletes it (eviction, preemption).
        case disrupt(reason: String, message: String)
        /// Somebody deletes the pod; `nil` takes its own grace period, in seconds.
        case delete(grace: Int? = nil)
        /// The object is gone, without an event on any watch.
        case vanish
        /// The runtime loses the end of the log, up to so many bytes.
        case loseLogTail(bytes: Int, container: String? = nil)
        /// The log begins anew: only followers keep what came before.
        case rotateLog(container: String? = nil)
    }

    /// How a container ends.
    package struct Exit: Sendable, Hashable {
        package var code: Int
        /// `nil`: `Completed` or `Error`, by the code.
        package var reason: String?
        /// What stands in the termination message file; the last 4,096 bytes are kept.
        package var message: String

        package init(_ code: Int, reason: String? = nil, message: String = "") {
            self.code = code
            self.reason = reason
            self.message = message
        }
    }

    package var steps: [Step]
    /// After the last step the script goes on from this one, for ever. There must be a wait in between.
    package var repeatsFrom: Int?
    package var termination = PodTermination()
    /// Files that commands in containers can read, by path.
    package var files: [String: [UInt8]] = [:]
    /// The scheduler finds no node, and says this.
    package var unschedulable: String?

    package init(_ steps: [Step], repeatsFrom: Int? = nil) {
        self.steps = steps
        self.repeatsFrom = repeatsFrom
    }
}

/// What running containers do on a TERM signal.
package struct PodTermination: Sendable, Hashable {
    /// From TERM to the end; `nil` ignores the signal, so that KILL comes when the grace period is over (exit 137).
    package var after: Duration? = .milliseconds(500)
    /// 143 for a program without a handler; 0 makes a deleted pod `Succeeded`.
    package var exitCode = 143
    /// Lines that the handler writes.
    package var lines: [String] = []

    package init(after: Duration? = .milliseconds(500), exitCode: Int = 143, lines: [String] = []) {
        self.after = after
        self.exitCode = exitCode
        self.lines = lines
    }

    package static let ignored = PodTermination(after: nil)

    enum Moment {
        case exit, kill, report, remove
    }
}

/// Why a container that nobody follows any more ends.
enum ContainerEnd {
    /// The kubelet saw that the object is gone.
    case removed
}
