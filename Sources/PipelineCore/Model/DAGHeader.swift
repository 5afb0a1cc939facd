/// The attributes of a DAG beside its tasks. Defaults are Airflow 3.3's (`serialization/schema.json`).
package struct DAGHeader: Sendable, Hashable {
    package var id: String
    package var displayName: String?
    package var description: String?
    package var docMarkdown: String?
    package var tags: [String] = []
    package var owners: [String] = []
    package var fileLocation = ""
    /// Relative to the DAGs folder: what a worker gets as `dag_rel_path`.
    package var relativeFileLocation = ""

    package var timetable: TimetableDefinition = .null
    package var timezone = "UTC"
    package var startDate: Timestamp?
    package var endDate: Timestamp?
    package var catchup = false
    package var maxActiveRuns = 16
    package var maxActiveTasks = 16
    package var maxConsecutiveFailedRuns = 0
    package var dagRunTimeout: Duration?
    package var failFast = false
    package var isPausedUponCreation: Bool?
    package var params: [DAGParam] = []
    package var renderTemplateAsNativeObject = false
    /// Run types that may be created; `nil` allows all.
    package var allowedRunTypes: [RunType]?
    /// Whether clears and backfills run on the latest version where they do not say so; `nil`: Airflow's defaults.
    package var rerunWithLatestVersion: Bool?
    package var hasOnSuccessCallback = false
    package var hasOnFailureCallback = false
    /// Serialized `default_args`, for people.
    package var defaultArguments: JSONValue = .null
    package var deadlines: [DeadlineAlert] = []

    package init(id: String) { self.id = id }
}
