import PipelineCore

/// I1, I2 and I10: processes and pods as they really are.
enum ProcessCheck {
    /// I1: at most one process of an instance is alive. One on the machine of a scheduler that stands still is beyond anybody's
    /// reach, and ends when the scheduler goes on: it is not counted until then.
    static func problems(_ cluster: SimulatedCluster) -> [String] {
        var seen: Set<TaskInstanceKey> = []
        var found: [String] = []
        for process in cluster.processes where !cluster.isBeyondReach(process) {
            guard seen.insert(process.launch.instance.key).inserted else {
                found.append("I1: task \(process.launch.instance.key) runs twice, as launch \(process.launch.id.number) on \(process.host)")
                continue
            }
        }
        var tries: [UUID7: LaunchID] = [:]
        for pod in cluster.pods where !pod.hasEnded {
            if !seen.insert(pod.launch.instance.key).inserted {
                found.append("I1: task \(pod.launch.instance.key) runs twice, once in pod \(pod.name)")
            }
            // A further launch of a try comes when the pod of the one before has ended.
            if tries.updateValue(pod.launch.id, forKey: pod.launch.id.tryID) != nil {
                found.append("I2: the try of task \(pod.launch.instance.key) has two pods, \(pod.name) is one")
            }
        }
        return found
    }

    /// I10, when all is over: nothing of ours is left, and what is not ours is there.
    static func leftovers(_ cluster: SimulatedCluster) -> [String] {
        cluster.processes.map { "I10: a process of task \($0.launch.instance.key) is left on \($0.host)" }
            + cluster.pods.map { "I10: pod \($0.name) of task \($0.launch.instance.key) is left" }
            + (cluster.hasForeignPod ? [] : ["I10: a pod of somebody else was deleted"])
    }
}
