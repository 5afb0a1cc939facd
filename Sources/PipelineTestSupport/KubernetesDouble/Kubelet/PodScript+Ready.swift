/// Scripts for the ways to end and to hang that were seen on a 1.34 cluster.
extension PodScript {
    /// Runs for so long, with its log spread over the time, and ends.
    /// - Parameters:
    ///   - pull: until the containers run.
    ///   - lag: from the end of the containers to the end of the pod; the kubelet sees ends 1-3 s late.
    package static func ends(
        _ exit: Exit = Exit(0), after run: Duration = .seconds(2), log: [String] = [],
        pull: Duration = .milliseconds(900),
        lag: Duration = .seconds(1), isSeenRunning: Bool = true
    ) -> PodScript {
        var steps: [Step] = begin(pull: pull)
        if isSeenRunning { steps.append(.report(.running)) }
        for line in log { steps += [.log(line), .wait(run / log.count)] }
        if log.isEmpty { steps.append(.wait(run)) }
        steps += [.exit(exit), .report()]
        if lag > .zero { steps.append(.wait(lag)) }
        steps.append(.report(exit.code == 0 ? .succeeded : .failed))
        return PodScript(steps)
    }

    package static func succeeds(
        after run: Duration = .seconds(2), log: [String] = [], message: String = ""
    ) -> PodScript {
        ends(Exit(0, message: message), after: run, log: log)
    }

    package static func fails(
        _ code: Int = 1, after run: Duration = .seconds(2), log: [String] = [], message: String = ""
    ) -> PodScript {
        ends(Exit(code, message: message), after: run, log: log)
    }

    /// The container `base` ends, and another one runs until somebody ends it.
    package static func endsBesideASidecar(
        _ exit: Exit = Exit(0), after run: Duration = .seconds(2), log: [String] = [], files: [String: [UInt8]] = [:]
    ) -> PodScript {
        let steps = begin(pull: .milliseconds(900)) + [.report(.running)] + log.map { .log($0, container: "base") }
        var script = PodScript(steps + [.wait(run), .exit(exit, container: "base"), .report()])
        script.files = files
        return script
    }

    private static func begin(pull: Duration) -> [Step] {
        [
            .wait(.milliseconds(35)), .accept, .wait(pull / 2), .event(reason: "Pulling", message: "Pulling image"),
            .wait(pull / 2), .event(reason: "Created", message: "Created container"),
            .event(reason: "Started", message: "Started container"), .start(),
        ]
    }

    private static func waiting(_ rest: [Step], repeatsFrom: Int? = nil) -> PodScript {
        let first: [Step] = [.wait(.milliseconds(35)), .accept, .wait(.seconds(2))]
        return PodScript(first + rest, repeatsFrom: repeatsFrom.map { $0 + first.count })
    }

    /// Runs until somebody ends it.
    package static let runsForever = PodScript(begin(pull: .milliseconds(900)) + [.report(.running)])

    /// Pending -> Succeeded: what most short pods look like on a watch.
    package static let runningNeverSeen = ends(after: .milliseconds(100), isSeenRunning: false)

    /// The container is terminated for four seconds while the pod still counts as running.
    package static let endsLongBeforeItsPod = ends(after: .seconds(1), lag: .seconds(4))

    /// The phase goes from Pending to Failed in one step, and no container ever has a state.
    package static let failsBeforeItStarts = PodScript([
        .wait(.seconds(1)),
        .fail(reason: "UnexpectedAdmissionError", message: "Allocate failed due to no healthy devices"),
    ])

    package static let outOfMemory = ends(Exit(137, reason: "OOMKilled"))

    /// A child was killed, and its parent went on to succeed.
    package static let outOfMemoryButSucceeds = ends(Exit(0, reason: "OOMKilled"))

    package static let startError = ends(
        Exit(
            128, reason: "StartError",
            message:
                "failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create "
                + "failed: unable to start container process: exec: \"nothing\": executable file not found in $PATH"),
        after: .zero, isSeenRunning: false)

    /// `ErrImagePull` and `ImagePullBackOff` in turn.
    package static func errImagePull(image: String = "localhost/none:1") -> PodScript {
        let why = "failed to pull and unpack image \"\(image)\": failed to resolve reference \"\(image)\": not found"
        return waiting(
            [
                .hold(reason: "ErrImagePull", message: why),
                .event(type: "Warning", reason: "Failed", message: "Failed to pull image \"\(image)\": \(why)"),
                .event(type: "Warning", reason: "Failed", message: "Error: ErrImagePull"), .report(),
                .wait(.seconds(14)),
                .hold(
                    reason: "ImagePullBackOff", message: "Back-off pulling image \"\(image)\": ErrImagePull: \(why)"),
                .event(reason: "BackOff", message: "Back-off pulling image \"\(image)\""),
                .event(type: "Warning", reason: "Failed", message: "Error: ImagePullBackOff"), .report(),
                .wait(.seconds(12)),
            ], repeatsFrom: 0)
    }

    package static let errImageNeverPull = held(
        "ErrImageNeverPull", "Container image \"localhost/none:1\" is not present with pull policy of Never",
        event: "ErrImageNeverPull")

    package static let invalidImageName = held(
        "InvalidImageName",
        "Failed to apply default image tag \"Not A Name!\": couldn't parse image name \"Not A Name!\": invalid "
            + "reference format: repository name (library/Not A Name!) must be lowercase", event: "InspectFailed")

    package static func createContainerConfigError(secret: String = "none") -> PodScript {
        held("CreateContainerConfigError", "secret \"\(secret)\" not found", event: "Failed", prefix: "Error: ")
    }

    private static func held(_ reason: String, _ message: String, event: String, prefix: String = "") -> PodScript {
        waiting([
            .hold(reason: reason, message: message),
            .event(type: "Warning", reason: event, message: prefix + message), .report(),
        ])
    }

    /// Stays in `ContainerCreating`; only an Event, again and again, says why.
    package static func failedMount(configMap: String = "none") -> PodScript {
        let text = "MountVolume.SetUp failed for volume \"v\" : configmap \"\(configMap)\" not found"
        return waiting(
            [.event(type: "Warning", reason: "FailedMount", message: text), .wait(.seconds(30))], repeatsFrom: 0)
    }

    package static func deadlineExceeded(after run: Duration = .seconds(3)) -> PodScript {
        runs(run, [.fail(reason: "DeadlineExceeded", message: deadlineText)])
    }

    static let deadlineText = "Pod was active on the node longer than the specified deadline"

    /// The kubelet evicts: the pod ends as Failed and stays.
    package static func evicted(after run: Duration = .seconds(36)) -> PodScript {
        let text = "Usage of EmptyDir volume \"v\" exceeds the limit \"8Mi\". "
        return runs(
            run, [.event(type: "Warning", reason: "Evicted", message: text), .fail(reason: "Evicted", message: text)])
    }

    /// The eviction API: DisruptionTarget, deletion; the last state is Succeeded where the TERM handler exits 0.
    package static func evictedByAPI(after run: Duration = .seconds(2), exitCode: Int = 0) -> PodScript {
        var script = runs(run, [.disrupt(reason: "EvictionByEvictionAPI", message: "Eviction API: evicting")])
        script.termination = PodTermination(exitCode: exitCode)
        return script
    }

    package static func preempted(after run: Duration = .seconds(2)) -> PodScript {
        var script = runs(
            run,
            [
                .disrupt(
                    reason: "PreemptionByScheduler",
                    message: "default-scheduler: preempting to accommodate a higher priority pod")
            ])
        script.termination = .ignored
        return script
    }

    /// Somebody deletes the pod while it runs.
    package static func deletedFromOutside(after run: Duration = .seconds(2), exitCode: Int = 143) -> PodScript {
        var script = runs(run, [.delete()])
        script.termination = PodTermination(exitCode: exitCode)
        return script
    }

    package static func vanishes(after run: Duration = .seconds(2)) -> PodScript { runs(run, [.vanish]) }

    private static func runs(_ run: Duration, _ rest: [Step]) -> PodScript {
        PodScript(runsForever.steps + [.wait(run)] + rest)
    }

    /// An init container fails; the ordinary ones wait for ever.
    package static func initContainerFails(_ name: String, code: Int = 7) -> PodScript {
        PodScript([
            .wait(.milliseconds(35)), .accept, .wait(.seconds(1)), .start(container: name), .wait(.seconds(1)),
            .exit(Exit(code), container: name), .report(), .wait(.seconds(1)), .report(.failed),
        ])
    }

    /// The ordinary containers complete; sidecars are killed (137) afterwards.
    package static let sidecarIsKilled = ends(after: .seconds(1), lag: .seconds(3))

    /// `restartPolicy: OnFailure`: the phase stays Running.
    package static let crashLoop = PodScript(
        begin(pull: .milliseconds(900)) + [
            .report(.running), .wait(.milliseconds(500)), .exit(Exit(1)), .report(), .wait(.seconds(1)), .restart(),
            .hold(reason: "CrashLoopBackOff", message: "back-off 10s restarting failed container"), .report(),
            .event(type: "Warning", reason: "BackOff", message: "Back-off restarting failed container"),
            .wait(.seconds(10)), .start(), .report(),
        ], repeatsFrom: 9)

    package static func neverFits(_ text: String) -> PodScript {
        var script = runsForever
        script.unschedulable = text
        return script
    }

    /// Ignores TERM.
    package func ignoringTermination() -> PodScript {
        var script = self
        script.termination = .ignored
        return script
    }
}
