package import PipelineCore

/// Makes the pod of a task that Airflow's worker image runs, as Airflow's KubernetesExecutor would: the site's
/// template, the worker's command over it, the author's `pod_override` over both. Pure.
/// Source: apache-airflow-providers-cncf-kubernetes `pod_generator.py` (`construct_pod`).
package struct WorkerPodBuilder: Sendable {
    package let settings: KubernetesSettings
    private var workers: WorkerSettings { settings.workers }

    package init(_ settings: KubernetesSettings) { self.settings = settings }

    /// The pod without its token, which is put in when the pod is sent: a pod may wait long before that.
    /// - Throws: ``PodBuildError``
    package func build(_ launch: TaskLaunch, attempt: Int = 1) throws -> PodRequest {
        try checkFile(launch.dag.header.relativeFileLocation)
        let identity = PodIdentity(
            installation: settings.installation, instance: launch.instance, launch: launch.id, attempt: attempt)
        var plan = PodPlan()
        plan.kind = .worker
        plan.prefixesLines = false
        plan.startSeconds = workers.startSeconds
        plan.memory = try MemoryGrowth(executorConfig: launch.task.executorConfig)
        var pod = PodMerge.reconcile(settings.template, dynamicPod(launch))
        if let override = try PodOverride(launch).pod { pod = PodMerge.reconcile(pod, override) }
        try checkImage(pod)
        pod = try PodContainers(pod, base: plan.baseContainer).baseFirst()
        pod = PodMetadata(identity: identity, plan: plan, launch: launch, settings: settings)
            .applied(to: pod, readableName: nil)
        pod = PodDefaults(plan: plan, identity: identity, queue: launch.instance.queue, settings: settings)
            .applied(to: pod)
        try checkExecutionAPI(pod)
        return PodRequest(identity: identity, plan: plan, pod: pod)
    }

    /// The same pod with the token that its worker shows.
    func sealed(_ request: PodRequest, _ launch: TaskLaunch, token: String) -> PodRequest {
        let open = workload(launch)
        var result = request
        result.pod = request.pod.changingFirstContainer { container in
            let arguments = container["args"]?.arrayValue ?? []
            let sealed = JSONValue.string(open.with(token: token).text)
            container["args"] = .array(arguments.map { $0.stringValue == open.text ? sealed : $0 })
        }
        return result
    }

    private func workload(_ launch: TaskLaunch) -> ExecuteTaskWorkload {
        ExecuteTaskWorkload(launch, bundleName: workers.bundleName)
    }

    private func dynamicPod(_ launch: TaskLaunch) -> JSONValue {
        var container: JSONObject = [
            "name": .string(PodNames.baseContainer),
            // Arguments, not a command: the image's entry point runs them.
            "args": [
                "python", "-m", "airflow.sdk.execution_time.execute_workload", "--json-string",
                .string(workload(launch).text),
            ],
            "env": [["name": "AIRFLOW_IS_K8S_EXECUTOR_POD", "value": "True"]],
        ]
        container["image"] = workers.image.map(JSONValue.string)
        return ["spec": ["containers": [.object(container)]]]
    }

    private static let mend =
        "; or set process_tasks: local, which runs such tasks as processes of the machine that pipeline runs on"

    private func checkFile(_ path: String) throws {
        guard path.hasSuffix(".yaml") || path.hasSuffix(".yml") else { return }
        throw PodBuildError(
            path,
            "the task needs a process, and Airflow's worker reads no DAG files in YAML: make it a "
                + "KubernetesPodOperator, or write the DAG in Python" + Self.mend)
    }

    private func checkImage(_ pod: JSONValue) throws {
        guard pod["spec"]?["containers"]?[0]?["image"]?.stringValue?.isEmpty != false else { return }
        throw PodBuildError(
            "worker_image",
            "the task needs a process, and there is no image for its pod: set worker_image to an Airflow image that has "
                + "the DAG files (AIRFLOW__KUBERNETES_EXECUTOR__WORKER_CONTAINER_REPOSITORY and ..._TAG are read too)"
                + Self.mend)
    }

    private func checkExecutionAPI(_ pod: JSONValue) throws {
        let variables = pod["spec"]?["containers"]?[0]?["env"]?.arrayValue ?? []
        let name = "AIRFLOW__CORE__EXECUTION_API_SERVER_URL"
        guard !variables.contains(where: { $0["name"]?.stringValue == name }) else { return }
        throw PodBuildError(
            "execution_api_url",
            "the task needs a process, and its worker would not know whom to report to: set execution_api_url to the "
                + "address of the Task Execution API as pods reach it (\(name) is read too)" + Self.mend)
    }
}
