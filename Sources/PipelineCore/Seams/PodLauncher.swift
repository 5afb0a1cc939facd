/// Runs containers where a cluster is: the seam between an operator that is a pod and whatever runs pods.
package protocol PodLauncher: Sendable {
    /// Runs the pod of a launch to its end. The pod of the same launch that is already there is gone on with, whoever
    /// made it: calling this again after a restart is how pods are adopted.
    ///
    /// When the task is cancelled, the pod is ended and has ended when this returns, except at a shutdown
    /// (``PodReporter/terminationReason``), which leaves it alone.
    /// - Parameter attributes: of the operator, rendered; `pod` is its whole pod.
    /// - Throws: ``PodFailure``, `CancellationError`
    func run(_ launch: TaskLaunch, attributes: JSONObject, reporter: any PodReporter) async throws -> PodResult
    /// The ends of this launch, and of earlier ones of the same try, are in the store: nobody asks for them again. Only now
    /// may what is left of their pods be deleted. Comes in any order with the end of ``run(_:attributes:reporter:)``, also
    /// for launches that had no pod, and returns at once.
    func endIsDurable(_ launch: LaunchID)
}

/// What is told of a pod while it runs.
package protocol PodReporter: Sendable {
    /// Why the launch is being ended from outside, if it is.
    var terminationReason: TerminationReason? { get }
    /// The base container has started on the node `host`, with the image that its node names with its digest.
    func started(host: String, image: String?) async
    /// Why the pod does not run yet, for people; `nil`: it waits for nothing any more.
    func waits(for reason: String?) async
    /// A line of the log of container `container`.
    /// - Parameter at: when it was written; `nil`: now.
    func line(_ text: String, container: String, at: Timestamp?)
    /// A line of the launcher's own.
    func say(_ text: String, isProblem: Bool)
    /// What an earlier process of ours has written down of the container's log; `nil`: nothing.
    func written() -> WrittenLines?
}

/// How far the log of a container was written down.
package struct WrittenLines: Sendable, Hashable {
    /// When the newest line was written, to the microsecond.
    package var newest: Timestamp
    /// Lines of the second of ``newest``, and of the second before it.
    package var inNewestSecond: Int
    package var inSecondBefore: Int

    package init(newest: Timestamp, inNewestSecond: Int, inSecondBefore: Int) {
        self.newest = newest
        self.inNewestSecond = inNewestSecond
        self.inSecondBefore = inSecondBefore
    }
}

/// How a pod ended by itself.
package struct PodResult: Sendable, Hashable {
    package var name: String
    package var namespace: String
    package var exitCode: Int
    /// What the base container left as its result; `nil` where nothing was asked for or nothing was written.
    package var result: String?
    /// The result is longer than what could be kept of it.
    package var isResultCut = false
    /// Why it failed, where the exit code does not say it all: `OOMKilled`.
    package var reason: String?
    package var node: String?
    /// The image with the digest that ran.
    package var imageID: String?

    package init(
        name: String, namespace: String, exitCode: Int, result: String? = nil, reason: String? = nil,
        node: String? = nil, imageID: String? = nil
    ) {
        self.name = name
        self.namespace = namespace
        self.exitCode = exitCode
        self.result = result
        self.reason = reason
        self.node = node
        self.imageID = imageID
    }
}

/// Why there is no result of a pod.
package struct PodFailure: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Class: Sendable, Hashable {
        /// Evicted, preempted, deleted from outside, lost with its node: it does not use up one of the user's retries.
        case infrastructure
        /// The pod as written cannot run here (image, secret, rights, quota, template): trying again does not help.
        case configuration
        /// It did not start in time, or did not end in time.
        case timeout
    }

    package var kind: Class
    package var message: String

    package init(_ kind: Class, _ message: String) {
        self.kind = kind
        self.message = message
    }

    package var description: String { message }

    /// What it means for a launch: the one place that says so.
    package var end: WorkerEnd {
        switch kind {
        case .infrastructure: .lost(reason: message)
        case .configuration: .outcome(.died(reason: message, isFinal: true))
        case .timeout: .outcome(.died(reason: message))
        }
    }
}
