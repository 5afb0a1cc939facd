package import PipelineCore

/// How pods are made and followed, apart from where the cluster is.
package struct KubernetesSettings: Sendable, Hashable {
    /// Where pods go that name no namespace themselves.
    package var namespace: String
    /// The namespace whose pods are watched; `nil`: all, where DAGs put pods into several.
    package var watchedNamespace: String?
    /// Tells this installation's pods from others' in the same cluster; kept in the store.
    package var installation: String
    /// A pod that lies under every pod (Kubernetes JSON), the site's own.
    package var template: JSONValue = .null
    package var accelerators = AcceleratorTable.standard
    /// Pods that ask for devices are made when there is room for them. Needs the right to list and watch nodes and pods of
    /// all namespaces; not for clusters that add nodes for pods that wait.
    package var admitsByCapacity = false
    /// Fields that Pod Security's level `restricted` asks for are filled in where the author left them out.
    package var isRestricted = true
    /// Size of `/dev/shm` in pods that ask for an accelerator, a quantity: PyTorch's data loaders need more than 64 MiB.
    package var sharedMemory: String? = "1Gi"
    /// Queue or pod group per `schedulerName` (Volcano, KAI): annotations and labels of the pod.
    package var schedulers: [String: SchedulerMarks] = SchedulerMarks.known
    /// Pods for tasks that run Python.
    package var workers = WorkerSettings()
    /// How results of more than the kubelet's 4,095 bytes are had.
    package var sidecar = XComSidecar()
    /// Time during which a finished pod stays, so that a run that ends takes all its pods in one call.
    package var finishedPodDelay: Duration = .seconds(30)
    /// Logs that are followed at once; those of further pods are read about once a minute, and whole at their end.
    package var followedLogs = 64
    /// Time after which a pod that a list does not show is taken for gone.
    package var vanishedGrace: Duration = .seconds(10)

    package init(namespace: String, installation: String) {
        self.namespace = namespace
        watchedNamespace = namespace
        self.installation = installation
    }
}

/// What another scheduler wants to find on a pod. `{queue}` stands for the task's queue.
package struct SchedulerMarks: Sendable, Hashable {
    package var annotations: [String: String]
    package var labels: [String: String]

    package init(annotations: [String: String] = [:], labels: [String: String] = [:]) {
        self.annotations = annotations
        self.labels = labels
    }

    /// Sources: Volcano `scheduling.volcano.sh/queue-name`; KAI Scheduler `kai.scheduler/queue`.
    package static let known = [
        "volcano": SchedulerMarks(annotations: ["scheduling.volcano.sh/queue-name": "{queue}"]),
        "kai-scheduler": SchedulerMarks(labels: ["kai.scheduler/queue": "{queue}"]),
    ]
}
