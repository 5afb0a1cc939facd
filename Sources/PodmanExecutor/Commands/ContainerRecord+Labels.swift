import K8sPodExecutor
import PipelineCore

/// What the labels of a container of ours say.
extension ContainerRecord {
    var plan: PodPlan? { labels[PodNames.plan].flatMap(PodPlan.init(annotation:)) }

    var launch: LaunchID? {
        guard let tryID = labels[PodNames.tryID].flatMap({ UUID7($0) }),
            let number = labels[PodNames.launch].flatMap({ Int($0) })
        else { return nil }
        return LaunchID(tryID: tryID, number: number)
    }

    var task: TaskInstanceKey? { labels[PodmanLabels.task].flatMap(PodmanLabels.task) }
}
