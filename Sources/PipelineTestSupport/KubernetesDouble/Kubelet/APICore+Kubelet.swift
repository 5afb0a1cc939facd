import PipelineCore

extension APICore {
    mutating func startScript(_ uid: String) {
        guard let generation = cluster.pods[uid]?.generation else { return }
        step(uid, generation)
    }

    /// Plays a pod's script up to its next wait. No copy of the pod may live meanwhile: its log would be copied too.
    mutating func step(_ uid: String, _ generation: Int) {
        while cluster.pods[uid]?.generation == generation {
            if mustWaitForKubelet(uid) {
                return add(.step(uid: uid, generation: generation), after: .seconds(1))
            }
            guard let next = cluster.pods[uid]?.nextStep() else { return }
            if case .wait(let duration) = next {
                return add(.step(uid: uid, generation: generation), after: duration)
            }
            play(next, uid)
        }
    }

    private func mustWaitForKubelet(_ uid: String) -> Bool {
        guard let pod = cluster.pods[uid] else { return false }
        return cluster.isLost(pod.node) && pod.needsKubelet
    }

    private func nodeTime(_ uid: String) -> Timestamp { wallTime + cluster.skew(cluster.pods[uid]?.node) }

    private mutating func play(_ step: PodScript.Step, _ uid: String) {
        switch step {
        case .wait: break
        case .accept: accept(uid)
        case .hold(let name, let reason, let message):
            for index in cluster.pods[uid]?.positions(name) ?? [] {
                cluster.pods[uid]?.containers[index].state = .waiting(reason: reason, message: message)
            }
        case .event(let type, let reason, let message, let container):
            guard let pod = object(uid), let node = cluster.pods[uid]?.node, !cluster.isLost(node) else { return }
            emitEvent(pod, type, reason, message, host: node, container: container)
        case .start(let name):
            let time = nodeTime(uid)
            cluster.pods[uid]?.start(name, at: time)
        case .log(let line, let name): write(Array(line.utf8) + [0x0A], name, uid)
        case .output(let bytes, let name): write(bytes, name, uid)
        case .exit(let exit, let name): endContainers(uid, exit, cluster.pods[uid]?.positions(name) ?? [])
        case .restart(let name): cluster.pods[uid]?.restart(name)
        case .report(let phase): report(uid, phase)
        default: interfere(step, uid)
        }
    }

    /// Steps that come from elsewhere than the pod's own program.
    private mutating func interfere(_ step: PodScript.Step, _ uid: String) {
        guard let pod = cluster.pods[uid] else { return }
        switch step {
        case .fail(let reason, let message): failPod(uid, reason, message)
        case .disrupt(let reason, let message): disrupt(pod.key, reason: reason, message: message)
        case .delete(let grace): if let object = object(uid) { deletePod(pod.key, object, grace: grace) }
        case .vanish: vanish(pod.key)
        case .loseLogTail(let bytes, let name):
            for index in pod.positions(name) { cluster.pods[uid]?.containers[index].log.loseTail(bytes) }
        case .rotateLog(let name):
            for index in pod.positions(name) { cluster.pods[uid]?.containers[index].log.rotate() }
        default: break
        }
    }

    /// The object of a runtime, if it is still there.
    private func object(_ uid: String) -> JSONValue? { store.keysByUID[uid].flatMap { store[$0] } }

    private mutating func accept(_ uid: String) {
        guard let pod = cluster.pods[uid] else { return }
        cluster.pods[uid]?.isAccepted = true
        let time = nodeTime(uid)
        cluster.pods[uid]?.startTime = time
        if let deadline = pod.deadline { add(.deadline(uid: uid), after: deadline) }
        report(uid, nil)
    }

    /// Tells the server how the pod is; a kubelet without a connection keeps the news.
    mutating func report(_ uid: String, _ phase: PodScript.Phase?) {
        guard var pod = cluster.pods[uid] else { return }
        if let phase { pod.phase = phase }
        if pod.isFinished, !pod.isTerminating { pod.killRunning(at: nodeTime(uid)) }
        pod.hasNews = cluster.isLost(pod.node)
        cluster.pods[uid] = pod
        for container in pod.containers where container.state.isTerminated { closeFollowers(uid, container.name) }
        guard !pod.hasNews, var object = object(uid) else { return }
        let status = pod.status(over: object, at: stamp())
        if status != object["status"] {
            object.set("status", to: status)
            commit(object, at: pod.key)
        }
        if pod.isFinished, cluster.release(uid) { wakeScheduler() }
    }

    mutating func endContainers(_ uid: String, _ exit: PodScript.Exit, _ positions: [Int]) {
        let time = nodeTime(uid)
        cluster.pods[uid]?.exit(exit, positions, at: time)
        for index in positions { closeFollowers(uid, cluster.pods[uid]?.containers[index].name ?? "") }
    }

    private mutating func failPod(_ uid: String, _ reason: String, _ message: String) {
        cluster.pods[uid]?.generation += 1
        cluster.pods[uid]?.reason = (reason, message)
        let time = nodeTime(uid)
        cluster.pods[uid]?.killRunning(at: time)
        report(uid, .failed)
    }

    mutating func exceedDeadline(_ uid: String) {
        guard let pod = cluster.pods[uid], !pod.isFinished, !pod.isTerminating else { return }
        guard !cluster.isLost(pod.node) else { return add(.deadline(uid: uid), after: .seconds(1)) }
        if let object = object(uid), let node = pod.node {
            emitEvent(object, "Normal", "DeadlineExceeded", PodScript.deadlineText, host: node)
        }
        failPod(uid, "DeadlineExceeded", PodScript.deadlineText)
    }

    // MARK: The end of a pod

    /// The object has a deletion timestamp: the kubelet sends TERM.
    mutating func podMarkedForDeletion(_ uid: String, grace: Duration) {
        guard let pod = cluster.pods[uid], !cluster.isLost(pod.node) else { return }
        if pod.isTerminating { return add(.term(uid: uid, .kill), after: grace) }
        cluster.pods[uid]?.isTerminating = true
        cluster.pods[uid]?.generation += 1
        guard pod.isRunning else { return add(.term(uid: uid, .remove), after: .seconds(1)) }
        for line in pod.script.termination.lines { write(Array(line.utf8) + [0x0A], nil, uid) }
        if let object = object(uid), let node = pod.node {
            emitEvent(object, "Normal", "Killing", "Stopping container", host: node)
        }
        if let after = pod.script.termination.after, after < grace {
            add(.term(uid: uid, .exit), after: after)
        } else {
            add(.term(uid: uid, .kill), after: grace)
        }
    }

    mutating func terminate(_ uid: String, _ moment: PodTermination.Moment) {
        guard let pod = cluster.pods[uid] else { return }
        switch moment {
        case .exit, .kill:
            guard pod.isRunning else { return }
            let code = moment == .kill ? 137 : pod.script.termination.exitCode
            endContainers(
                uid, PodScript.Exit(code), pod.containers.indices.filter { pod.containers[$0].state.isRunning })
            add(.term(uid: uid, .report), after: .milliseconds(200))
        case .report:
            let isFailed = pod.containers.contains { $0.role == .ordinary && $0.state.exitCode != 0 }
            report(uid, isFailed ? .failed : .succeeded)
            add(.term(uid: uid, .remove), after: .milliseconds(800))
        case .remove: removeTerminated(uid, pod)
        }
    }

    private mutating func removeTerminated(_ uid: String, _ pod: PodRuntime) {
        guard var object = object(uid) else { return }
        guard !cluster.isLost(pod.node) else { return add(.term(uid: uid, .remove), after: .seconds(1)) }
        object.set("metadata", "deletionGracePeriodSeconds", to: 0)
        finishDeletion(pod.key, commit(object, at: pod.key))
    }

    /// The object is gone: the scheduler forgets the pod, the kubelet kills what still runs.
    mutating func podRemoved(_ object: JSONValue) {
        let uid = object.uid
        if cluster.release(uid) { wakeScheduler() }
        guard let pod = cluster.pods[uid] else { return }
        if pod.node == nil { cluster.pending.removeAll { $0 == uid } }
        let isOutOfReach = pod.isRunning && cluster.isLost(pod.node)
        cluster.pods[uid]?.generation += isOutOfReach ? 0 : 1
        if pod.isRunning { add(.container(uid: uid, .removed), after: .seconds(1)) } else { dropRuntime(uid) }
    }

    /// Kills what an object that is gone left behind; a lost kubelet comes to it when it returns.
    mutating func endRuntime(_ uid: String, _ end: ContainerEnd) {
        guard let pod = cluster.pods[uid], object(uid) == nil else { return }
        guard !cluster.isLost(pod.node) else { return add(.container(uid: uid, end), after: .seconds(1)) }
        endContainers(
            uid, PodScript.Exit(137), pod.containers.indices.filter { pod.containers[$0].state.isRunning })
        dropRuntime(uid)
    }

    private mutating func dropRuntime(_ uid: String) {
        guard let pod = cluster.pods[uid] else { return }
        for id in pod.followers { add(.followEnd(exchange: id), after: settings.followLinger) }
        cluster.pods[uid] = nil
    }
}

extension ContainerRuntime.State {
    var exitCode: Int { if case .terminated(let exit, _, _) = self { exit.code } else { 0 } }
}
