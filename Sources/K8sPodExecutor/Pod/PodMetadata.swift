import PipelineCore

/// Name, namespace, labels and annotations of a pod.
struct PodMetadata {
    let identity: PodIdentity
    let plan: PodPlan
    let launch: TaskLaunch
    let settings: KubernetesSettings

    func applied(to pod: JSONValue, readableName: String?) -> JSONValue {
        var metadata = pod["metadata"]?.objectValue ?? [:]
        // A pod that is called after its task alone says less than DAG and task.
        let isOwnName = readableName.map { PodIdentity.slug($0) != PodIdentity.slug(identity.key.taskID) } ?? false
        metadata["name"] = .string(identity.podName(prefix: isOwnName ? readableName : nil))
        if metadata["namespace"]?.stringValue?.isEmpty != false { metadata["namespace"] = .string(settings.namespace) }
        metadata["labels"] = .object(Self.texts(metadata["labels"]).merging(labels))
        metadata["annotations"] = .object(Self.texts(metadata["annotations"]).merging(annotations))
        return pod.setting("metadata", to: .object(metadata))
    }

    /// Values that an author wrote as numbers or flags are text in Kubernetes.
    private static func texts(_ value: JSONValue?) -> JSONObject {
        JSONObject((value?.objectValue ?? [:]).map { ($0.key, .string($0.value.stringValue ?? $0.value.serialized())) })
    }

    /// Airflow's labels of pods of this kind, the recommended ones, and the installation.
    private var labels: JSONObject {
        var labels = ids.merging(kindLabels).merging([
            "app.kubernetes.io/name": .string(PodNames.program), PodNames.managedBy: .string(PodNames.program),
            "app.kubernetes.io/instance": .string(settings.installation), PodNames.installation: .string(settings.installation),
        ])
        for (key, value) in labels { labels[key] = .string(LabelValue.safe(value.stringValue ?? "")) }
        return labels
    }

    /// `airflow-worker` is a scheduler job's number in Airflow: whatever selects by it wants the pods of one installation.
    private var kindLabels: JSONObject {
        switch plan.kind {
        case .operatorPod: ["kubernetes_pod_operator": "True", "app.kubernetes.io/component": "task"]
        case .worker:
            [
                "kubernetes_executor": "True", "airflow-worker": .string(settings.installation),
                "app.kubernetes.io/component": "worker",
            ]
        }
    }

    /// Whole ids: a label may have had to shorten them.
    private var annotations: JSONObject {
        var annotations = ids
        annotations[PodNames.tryID] = .string(identity.launch.tryID.description)
        annotations[PodNames.launch] = .string(String(identity.launch.number))
        annotations[PodNames.attempt] = .string(String(identity.attempt))
        annotations[PodNames.plan] = .string(plan.json.serialized())
        return annotations
    }

    private var ids: JSONObject {
        var ids: JSONObject = [
            "dag_id": .string(identity.key.run.dagID), "task_id": .string(identity.key.taskID),
            "run_id": .string(identity.key.run.runID), "try_number": .string(String(identity.tryNumber)),
        ]
        if identity.key.mapIndex >= 0 { ids["map_index"] = .string(String(identity.key.mapIndex)) }
        return ids
    }
}
