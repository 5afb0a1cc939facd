package import PipelineCore

/// What a pod is doing, as far as a try is concerned. A function of the pod alone, never of events.
package enum PodVerdict: Sendable, Hashable {
    case waiting(PodWait)
    case running(since: Timestamp?)
    case ended(PodEnd)
}

/// Why the base container has not started.
package struct PodWait: Sendable, Hashable {
    package enum Prospect: Sendable, Hashable {
        /// It goes on by itself, or when something becomes free.
        case hopeful
        /// It may go on if somebody mends something: an image or a secret that is not there.
        case doubtful
        /// It can never go on.
        case hopeless
    }

    package var reason: String
    package var prospect: Prospect
    /// The scheduler has found no node.
    package var isUnscheduled = false
}

/// How the base container ended, or why it never will.
package struct PodEnd: Sendable, Hashable {
    package enum Cause: Sendable, Hashable {
        /// The base container ended by itself with this code.
        case exited(Int)
        case outOfMemory
        /// `activeDeadlineSeconds` was over.
        case deadline
        /// The command cannot be started, or an init container failed.
        case neverRan
        /// Somebody took the pod away: evicted, preempted, drained, deleted, lost.
        case disrupted
    }

    package var cause: Cause
    /// For people.
    package var reason: String
    /// The termination message of the base container.
    package var message: String?
    package var startedAt: Timestamp?
    package var finishedAt: Timestamp?

    /// The base container has run, so that there may be a log of it.
    package var hasRun: Bool { finishedAt != nil && cause != .neverRan }
}
