import PipelineCore

/// What a pod gets beyond what its author wrote: never in place of it.
package struct PodDefaults {
    /// Where the sidecar of Airflow would look for the XCom; the kubelet reads it as termination message.
    package static let xcomPath = "/airflow/xcom/return.json"

    let plan: PodPlan
    let identity: PodIdentity
    let queue: String
    let settings: KubernetesSettings

    func applied(to pod: JSONValue) -> JSONValue {
        var result = pod.setting("apiVersion", to: "v1").setting("kind", to: "Pod")
        // Retries are the scheduler's business: a restarted container would run a try twice.
        result = result.setting("spec", "restartPolicy", to: "Never")
        result = result.changingFirstContainer(completeBaseContainer)
        if plan.hasSidecar { result = settings.sidecar.added(to: result) }
        result = withAccelerators(result)
        result = withSchedulerMarks(result)
        guard settings.isRestricted else { return result }
        return PodSecurity.restricted(result, user: plan.kind == .worker ? settings.workers.user : PodSecurity.user)
    }

    private func completeBaseContainer(_ container: inout JSONObject) {
        let own = container["env"]?.arrayValue ?? []
        let names = Set(own.compactMap { $0["name"]?.stringValue })
        container["env"] = .array(own + environment.filter { !names.contains($0["name"]?.stringValue ?? "") })
        // Beside a sidecar that path is in a volume, where the kubelet's file would hide the result.
        if plan.pushesXCom, !plan.hasSidecar { container["terminationMessagePath"] = .string(Self.xcomPath) }
    }

    private var environment: [JSONValue] {
        // Outputs of an attempt that comes back from a lost node must not overwrite those of the next one.
        let attempt = "\(identity.tryNumber).\(identity.launch.number).\(identity.attempt)"
        let variables = [("PIPELINE_ATTEMPT", attempt)] + (plan.kind == .worker ? workerVariables : operatorVariables)
        return variables.map { ["name": .string($0.0), "value": .string($0.1)] }
    }

    /// Airflow's worker sets its task's own.
    private var workerVariables: [(String, String)] {
        let workers = settings.workers
        return [
            ("AIRFLOW__CORE__EXECUTION_API_SERVER_URL", workers.executionAPI),
            ("AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST", workers.bundles),
            // At its default of 5 s, a task that fails or is skipped is reported up to five seconds late.
            ("AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL", "1"),
        ].compactMap { name, value in value.map { (name, $0) } }
    }

    private var operatorVariables: [(String, String)] {
        var variables: [(String, String)] = [
            ("AIRFLOW_CTX_DAG_ID", identity.key.run.dagID), ("AIRFLOW_CTX_DAG_RUN_ID", identity.key.run.runID),
            ("AIRFLOW_CTX_TASK_ID", identity.key.taskID), ("AIRFLOW_CTX_TRY_NUMBER", String(identity.tryNumber)),
            (TrackingReport.environmentName, TrackingReport.environmentValue),
        ]
        if plan.pushesXCom { variables.append(("PIPELINE_XCOM_PATH", Self.xcomPath)) }
        return variables
    }

    private func withAccelerators(_ pod: JSONValue) -> JSONValue {
        let entries = settings.accelerators.entries(for: pod.requestedResourceNames)
        guard !entries.isEmpty else { return pod }
        var spec = pod["spec"]?.objectValue ?? [:]
        let tolerations = spec["tolerations"]?.arrayValue ?? []
        spec["tolerations"] = .array(tolerations + entries.flatMap(\.tolerations).filter { !tolerations.contains($0) })
        var selector = spec["nodeSelector"]?.objectValue ?? [:]
        for (key, value) in entries.flatMap(\.nodeSelector) where selector[key] == nil { selector[key] = .string(value) }
        if !selector.isEmpty { spec["nodeSelector"] = .object(selector) }
        let result = withCompanions(pod.setting("spec", to: .object(spec)), entries)
        return settings.sharedMemory.map { SharedMemory(size: $0).mounted(in: result) } ?? result
    }

    private func withCompanions(_ pod: JSONValue, _ entries: [AcceleratorTable.Entry]) -> JSONValue {
        let companions = entries.flatMap(\.companions)
        guard !companions.isEmpty else { return pod }
        return pod.changingFirstContainer { container in
            var limits = container["resources"]?["limits"]?.objectValue ?? [:]
            for (name, amount) in companions where limits[name] == nil { limits[name] = .string(amount) }
            container["resources"] = (container["resources"] ?? [:]).setting("limits", to: .object(limits))
        }
    }

    private func withSchedulerMarks(_ pod: JSONValue) -> JSONValue {
        guard let name = pod["spec"]?["schedulerName"]?.stringValue, let marks = settings.schedulers[name] else { return pod }
        var result = pod
        for (kind, texts) in [("annotations", marks.annotations), ("labels", marks.labels)] {
            for (key, text) in texts where pod["metadata"]?[kind]?[key] == nil {
                result = result.setting("metadata", kind, key, to: .string(text.replacing("{queue}", with: queue)))
            }
        }
        return result
    }
}

/// `/dev/shm` of the size that training needs.
struct SharedMemory {
    private static let path = "/dev/shm"
    private static let volume = "dshm"
    let size: String

    /// A pod that mounts its own stays as it is.
    func mounted(in pod: JSONValue) -> JSONValue {
        let mounts = pod["spec"]?["containers"]?[0]?["volumeMounts"]?.arrayValue ?? []
        let volumes = pod["spec"]?["volumes"]?.arrayValue ?? []
        guard !mounts.contains(where: { $0["mountPath"]?.stringValue == Self.path }),
            !volumes.contains(where: { $0["name"]?.stringValue == Self.volume })
        else { return pod }
        let volume: JSONValue = [
            "name": .string(Self.volume), "emptyDir": ["medium": "Memory", "sizeLimit": .string(size)],
        ]
        return pod.setting("spec", "volumes", to: .array(volumes + [volume])).changingFirstContainer { container in
            container["volumeMounts"] = .array(mounts + [["name": .string(Self.volume), "mountPath": .string(Self.path)]])
        }
    }
}
