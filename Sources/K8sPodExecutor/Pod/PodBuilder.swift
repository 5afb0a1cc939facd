package import PipelineCore

/// Makes the pod of a KubernetesPodOperator: what the reader took from the operator itself, its rendered fields, the site's
/// template, and what Kubernetes, Airflow and this executor need to find in it. Pure.
package struct PodBuilder: Sendable {
    package let settings: KubernetesSettings

    package init(_ settings: KubernetesSettings) { self.settings = settings }

    /// - Parameter attributes: of the operator, rendered; `pod` is its whole pod (`build_pod_request_obj`).
    /// - Throws: ``PodBuildError``
    package func build(
        _ launch: TaskLaunch, attributes: JSONObject, attempt: Int = 1
    ) throws -> PodRequest {
        let identity = PodIdentity(
            installation: settings.installation, instance: launch.instance, launch: launch.id, attempt: attempt)
        let operatorPod = try OperatorPod(attributes)
        var plan = try operatorPod.plan()
        plan.memory = try MemoryGrowth(executorConfig: launch.task.executorConfig)
        let wantsSidecar = try XComSidecar.choice(launch.task.executorConfig) ?? settings.sidecar.isDefault
        plan.hasSidecar = plan.pushesXCom && wantsSidecar
        var settings = settings
        settings.sidecar.securityContext = operatorPod.sidecarSecurityContext
        var pod = PodMerge.reconcile(settings.template, operatorPod.pod)
        pod = try PodContainers(pod, base: plan.baseContainer).baseFirst()
        pod = PodMetadata(identity: identity, plan: plan, launch: launch, settings: settings)
            .applied(to: pod, readableName: operatorPod.name)
        pod = PodDefaults(plan: plan, identity: identity, queue: launch.instance.queue, settings: settings).applied(to: pod)
        return PodRequest(identity: identity, plan: plan, pod: pod)
    }
}
