import PipelineCore

/// What the executor has to know of a pod besides what Kubernetes tells. It stands in an annotation of the pod, so that any
/// scheduler can go on with it after a restart.
package struct PodPlan: Sendable, Hashable {
    /// What becomes of a pod when its try is over. Source: Airflow's `OnFinishAction`.
    package enum FinishAction: String, Sendable, Hashable {
        case keep = "keep_pod"
        case delete = "delete_pod"
        /// Only one that still runs.
        case deleteActive = "delete_active_pod"
        case deleteSucceeded = "delete_succeeded_pod"
    }

    /// Whose pod it is.
    package enum Kind: String, Sendable, Hashable {
        /// A KubernetesPodOperator's: its container is the task.
        case operatorPod = "operator"
        /// Of Airflow's worker image: its container reports to the Task Execution API.
        case worker
    }

    package var kind = Kind.operatorPod
    package var baseContainer = PodNames.baseContainer
    /// The base container leaves a result.
    package var pushesXCom = false
    /// The result is read from a container beside it, not from the termination message.
    package var hasSidecar = false
    package var showsLogs = true
    /// Lines of the log begin with `[base] `.
    package var prefixesLines = true
    package var skipExitCodes: [Int] = []
    package var finishAction = FinishAction.delete
    /// Seconds from creation until the base container has started.
    package var startSeconds = 120.0
    /// What `on_oom` allows: each pod that runs out of memory is followed by one with more of it.
    package var memory: MemoryGrowth?

    package init() {}

    /// What its author may want to see after the run must not go with the run's owner.
    package var hasOwner: Bool { finishAction == .delete }
}

/// What `executor_config={"on_oom": {"memory": "x2", "max": "64Gi"}}` allows.
package struct MemoryGrowth: Sendable, Hashable {
    package var factor: Double
    /// The most that is asked for, a Kubernetes quantity; `nil`: no bound of its own.
    package var maximum: String?

    package init(factor: Double, maximum: String?) {
        self.factor = factor
        self.maximum = maximum
    }

    /// `nil` where nothing is said of it.
    /// - Throws: ``PodBuildError``
    init?(executorConfig: JSONValue) throws {
        guard let wanted = ExecutorConfig(executorConfig)["on_oom"] else { return nil }
        guard let text = wanted["memory"]?.stringValue, text.hasPrefix("x"), let factor = Double(text.dropFirst()),
            factor > 1, factor <= 16
        else {
            throw PodBuildError(
                "executor_config.on_oom", "write {memory: x2, max: 64Gi}: a factor above 1 and the most to ask for")
        }
        self.init(factor: factor, maximum: wanted["max"]?.stringValue)
    }
}

extension PodPlan {
    /// The content of the annotation.
    var json: JSONValue {
        var object: JSONObject = [
            "kind": .string(kind.rawValue), "container": .string(baseContainer), "xcom": .bool(pushesXCom),
            "sidecar": .bool(hasSidecar), "logs": .bool(showsLogs),
            "prefix": .bool(prefixesLines), "skip": .array(skipExitCodes.map(JSONValue.int)),
            "finish": .string(finishAction.rawValue), "start": .double(startSeconds),
        ]
        if let memory {
            object["memory"] = [
                "factor": .double(memory.factor), "max": memory.maximum.map(JSONValue.string) ?? .null,
            ]
        }
        return .object(object)
    }

    /// `nil` when the text is none that this or an earlier version wrote.
    package init?(annotation: String) {
        guard let object = try? JSONValue.parse(annotation).objectValue,
            let container = object["container"]?.stringValue
        else { return nil }
        baseContainer = container
        kind = object["kind"]?.stringValue.flatMap(Kind.init) ?? .operatorPod
        pushesXCom = object["xcom"]?.boolValue ?? false
        hasSidecar = object["sidecar"]?.boolValue ?? false
        showsLogs = object["logs"]?.boolValue ?? true
        prefixesLines = object["prefix"]?.boolValue ?? true
        skipExitCodes = object["skip"]?.arrayValue?.compactMap(\.intValue) ?? []
        finishAction = object["finish"]?.stringValue.flatMap(FinishAction.init) ?? .delete
        startSeconds = object["start"]?.doubleValue ?? startSeconds
        if let factor = object["memory"]?["factor"]?.doubleValue {
            memory = MemoryGrowth(factor: factor, maximum: object["memory"]?["max"]?.stringValue)
        }
    }
}
