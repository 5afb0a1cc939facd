/// What a task is, apart from its name and its place in the graph.
package struct TaskTraits: Sendable, Hashable {
    /// Class name, e.g. `BashOperator` (`task_type`).
    package var operatorName: String
    /// Module of the class, e.g. `airflow.providers.standard.operators.bash`.
    package var operatorModule = ""
    /// Ends in the scheduler without an executor: EmptyOperator without callbacks, inlets and outlets.
    package var isEmpty = false

    package var triggerRule: TriggerRule = .allSuccess
    package var isSetup = false
    package var isTeardown = false
    /// A failed teardown fails the run.
    package var onFailureFailDagRun = false

    package var retry = RetryRule()
    package var callbacks = TaskCallbacks()
    package var executionTimeout: Duration?
    package var dependsOnPast = false
    package var ignoreFirstDependsOnPast = true
    package var waitForDownstream = false
    package var waitForPastDependsBeforeSkipping = false
    package var startDate: Timestamp?
    package var endDate: Timestamp?

    package var pool = Pool.defaultName
    package var poolSlots = 1
    package var priorityWeight = 1
    package var weightRule: WeightRule = .downstream
    package var queue = "default"
    package var executor: String?
    package var maxActiveTIsPerDag: Int?
    package var maxActiveTIsPerDagRun: Int?

    package var owner = "airflow"
    /// Set on a mapped task.
    package var expandInput: ExpandInput?
    package var mapIndexTemplate: String?
    /// Ids of the task groups around it, outermost first (without the root).
    package var groupIDs: [String] = []
    /// The id of the innermost mapped group around it.
    package var mappedGroupID: String?

    /// Serialized assets that the task reads and writes (`{"__type":"asset","name":...,"uri":...}`).
    package var inlets: [JSONValue] = []
    package var outlets: [JSONValue] = []
    /// A branch or short-circuit operator (`_can_skip_downstream`).
    package var canSkipDownstream = false
    /// A sensor in reschedule mode.
    package var isReschedulable = false
    /// The trigger in which a try begins, without a process before (`start_from_trigger`).
    package var startInTrigger: TaskOutcome.Deferral?
    /// Serialized `executor_config`, for executors that use it.
    package var executorConfig: JSONValue = .null
    /// Names of the attributes that are templates.
    package var templateFields: [String] = []
    /// Serialized template-field values and further display attributes (`bash_command`, `env`, ...).
    package var attributes: JSONObject {
        get { packedAttributes.object }
        set { packedAttributes = PackedJSON(newValue) }
    }
    private var packedAttributes = PackedJSON()
    /// How the task can run without Python; `nil` when it needs the Python runner.
    package var native: NativeOperator?
    /// Why the task needs Python, for `pipeline tasks explain`.
    package var pythonReason: String?

    init(operatorName: String) { self.operatorName = operatorName }

    package var isMapped: Bool { expandInput != nil }
}

extension TaskTraits {
    /// Cheap, and enough to tell the kinds of tasks of a DAG apart.
    package func hash(into hasher: inout Hasher) {
        hasher.combine(operatorName)
        hasher.combine(packedAttributes.byteCount)
        hasher.combine(native?.byteCount)
        hasher.combine(priorityWeight)
    }
}

/// A stock operator whose whole meaning is in its attributes (architecture decision D3).
package struct NativeOperator: Sendable, Hashable {
    /// Import path of the exact class, e.g. `airflow.providers.standard.operators.bash.BashOperator`.
    package var operatorClass: String
    /// All constructor attributes that its native implementation reads; Jinja strings as written.
    package var attributes: JSONObject {
        get { packedAttributes.object }
        set { packedAttributes = PackedJSON(newValue) }
    }
    private var packedAttributes: PackedJSON

    package init(operatorClass: String, attributes: JSONObject) {
        self.operatorClass = operatorClass
        packedAttributes = PackedJSON(attributes)
    }

    fileprivate var byteCount: Int { packedAttributes.byteCount }
}
