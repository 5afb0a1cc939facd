import K8sPodExecutor
import PipelineCore

/// Labels of containers beside those of the pod.
enum PodmanLabels {
    static let run = PodNames.run
    static let pod = PodNames.prefix + "pod"
    /// Whole ids of the task instance: those of the pod's own labels may have been shortened.
    static let task = PodNames.prefix + "task"
    static let role = PodNames.prefix + "role"
    /// The devices that the container has: `nvidia.com/gpu=0,nvidia.com/gpu=1`.
    static let devices = PodNames.prefix + "devices"
    /// Named volumes that go with the pod, with commas between.
    static let volumes = PodNames.prefix + "volumes"

    /// Ids hold no slash.
    static func runValue(_ run: RunKey) -> String { "\(run.dagID)/\(run.runID)" }

    static func taskValue(_ key: TaskInstanceKey) -> String {
        let ids = [key.run.dagID, key.run.runID, key.taskID].map(JSONValue.string)
        return JSONValue.array(ids + [.int(key.mapIndex)]).serialized()
    }

    /// Reads ``taskValue(_:)``.
    static func task(_ value: String) -> TaskInstanceKey? {
        guard let ids = try? JSONValue.parse(value), let dagID = ids[0]?.stringValue, let runID = ids[1]?.stringValue,
            let taskID = ids[2]?.stringValue, let mapIndex = ids[3]?.intValue
        else { return nil }
        return TaskInstanceKey(run: RunKey(dagID: dagID, runID: runID), taskID: taskID, mapIndex: mapIndex)
    }

    /// Selects the containers of a launch, of all its attempts.
    static func launch(_ identity: PodIdentity) -> [(name: String, value: String)] {
        [(PodNames.tryID, identity.launch.tryID.description), (PodNames.launch, String(identity.launch.number))]
    }
}
