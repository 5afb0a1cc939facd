/// A setting of the program: its name in the configuration file, its environment variable, its meaning.
enum Setting: String, CaseIterable, Sendable {
    case home
    case databaseURL = "database_url"
    case dagsFolder = "dags_folder"
    case logsFolder = "logs_folder"
    case python
    case fernetKey = "fernet_key"
    case parallelism
    case triggererCapacity = "triggerer_capacity"
    case partitionMapperMaxDownstreamKeys = "partition_mapper_max_downstream_keys"
    case readTimeoutSeconds = "read_timeout_seconds"
    case readMemoryMiB = "read_memory_mib"
    case killGraceSeconds = "kill_grace_seconds"
    case callbackTimeoutSeconds = "callback_timeout_seconds"
    case notifications
    case logRetentionDays = "log_retention_days"
    case dstPolicies = "dst_policies"
    case executor
    case kubeconfig
    case kubeContext = "kube_context"
    case namespace
    case installation
    case podTemplateFile = "pod_template_file"
    case acceleratorsFile = "accelerators_file"
    case gpuAdmission = "gpu_admission"
    case podSecurity = "pod_security"
    case sharedMemory = "shared_memory"
    case finishedPodSeconds = "finished_pod_seconds"
    case followedLogs = "followed_logs"
    case processTasks = "process_tasks"
    case workerImage = "worker_image"
    case executionAPIURL = "execution_api_url"
    case dagBundles = "dag_bundles"
    case jwtSecret = "jwt_secret"
    case xcom
    case xcomSidecarContainerImage = "xcom_sidecar_container_image"
    case xcomSidecarContainerResources = "xcom_sidecar_container_resources"

    var environmentName: String { "PIPELINE_" + rawValue.uppercased() }

    /// Airflow's own environment variable for the same thing, used when ours is absent.
    var airflowName: String? {
        switch self {
        case .fernetKey: "AIRFLOW__CORE__FERNET_KEY"
        case .dagsFolder: "AIRFLOW__CORE__DAGS_FOLDER"
        case .parallelism: "AIRFLOW__CORE__PARALLELISM"
        case .triggererCapacity: "AIRFLOW__TRIGGERER__CAPACITY"
        case .partitionMapperMaxDownstreamKeys: "AIRFLOW__SCHEDULER__PARTITION_MAPPER_MAX_DOWNSTREAM_KEYS"
        case .logRetentionDays: "AIRFLOW__LOG_RETENTION_DAYS"
        case .namespace: "AIRFLOW__KUBERNETES_EXECUTOR__NAMESPACE"
        case .podTemplateFile: "AIRFLOW__KUBERNETES_EXECUTOR__POD_TEMPLATE_FILE"
        case .executionAPIURL: "AIRFLOW__CORE__EXECUTION_API_SERVER_URL"
        case .dagBundles: "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST"
        case .jwtSecret: "AIRFLOW__API_AUTH__JWT_SECRET"
        case .callbackTimeoutSeconds: "AIRFLOW__CALLBACKS__CALLBACK_EXECUTION_TIMEOUT"
        default: nil
        }
    }

    /// The two variables that are one setting of ours: image and tag.
    static let airflowWorkerImage = (
        repository: "AIRFLOW__KUBERNETES_EXECUTOR__WORKER_CONTAINER_REPOSITORY",
        tag: "AIRFLOW__KUBERNETES_EXECUTOR__WORKER_CONTAINER_TAG"
    )

    var isSecret: Bool { self == .fernetKey || self == .jwtSecret || self == .notifications }

    /// More than a single value: in the configuration file a list, elsewhere its JSON.
    var isList: Bool { self == .notifications }

    var help: String {
        switch self {
        case .home: "folder for everything that pipeline keeps"
        case .databaseURL: "sqlite:///absolute/path or postgresql://user:password@host:port/database"
        case .dagsFolder: "folder of DAG files"
        case .logsFolder: "folder for the logs of tasks"
        case .python: "Python with apache-airflow-task-sdk, which reads DAG files and runs Python tasks"
        case .fernetKey: "key for connections and variables; several, comma-separated, rotate: the first encrypts"
        case .parallelism: "tasks that run at once"
        case .partitionMapperMaxDownstreamKeys:
            "partitions of a DAG that one event may be for, unless its mapper says another number"
        case .triggererCapacity: "triggers of deferred tasks that run at once; the others wait in order"
        case .readTimeoutSeconds: "time limit for reading one DAG file"
        case .readMemoryMiB: "memory limit for reading one DAG file"
        case .killGraceSeconds: "time between SIGTERM and SIGKILL of a task"
        case .callbackTimeoutSeconds: "time limit of one callback that the scheduler runs"
        case .notifications: "addresses that are told of runs: a list of url, on, dag_ids, secret, long_running_after"
        case .logRetentionDays: "days after which the scheduler deletes a log that nothing is written to any more; 0: never"
        case .dstPolicies: "what becomes of cron schedules when the clocks change, by DAG id or *, as JSON; default: as Airflow"
        case .executor: "where pods run: local (the command as a process of this machine), kubernetes, or podman (containers of this machine)"
        case .kubeconfig: "file that says where the cluster is; default: KUBECONFIG, ~/.kube/config, the service account"
        case .kubeContext: "context of the kubeconfig; default: its current one"
        case .namespace: "namespace of pods that name none; default: that of the context"
        case .installation: "tells the pods of this installation apart; default: made from the database's place"
        case .podTemplateFile: "a pod, as YAML, that lies under every pod"
        case .acceleratorsFile: "what each accelerator resource needs beside its number, as YAML"
        case .gpuAdmission: "capacity (pods with accelerators are made when there is room) or off (for autoscaled clusters)"
        case .podSecurity: "restricted (fields of that level are filled in where they are not set) or none"
        case .sharedMemory: "size of /dev/shm in pods with an accelerator; empty: as the cluster has it"
        case .finishedPodSeconds: "how long a finished pod stays"
        case .followedLogs: "logs of pods that are followed at once; those of further pods are read once a minute, and at their end"
        case .processTasks: "where tasks that need a process run with a cluster: pods (of worker_image) or local"
        case .workerImage: "Airflow image, with the DAG files, for tasks that need a process"
        case .executionAPIURL: "address of the Task Execution API as pods reach it"
        case .dagBundles: "bundles that workers know, as Airflow's JSON; default: those of the image"
        case .jwtSecret: "secret that tokens of workers are signed with; default: one in the home folder, made when missing"
        case .xcom: "how results of pods are read: message (at most 4,095 bytes) or sidecar (any length)"
        case .xcomSidecarContainerImage: "image of the container that keeps results; default: Airflow's"
        case .xcomSidecarContainerResources: "its requests and limits, as JSON; default: Airflow's"
        }
    }
}
