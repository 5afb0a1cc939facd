/// Names of labels and annotations. Airflow's own are kept, so that everything that selects by them goes on working.
enum PodNames {
    /// Our own, beside Airflow's and Kubernetes's recommended ones.
    static let prefix = "pipeline.ml/"
    static let installation = prefix + "installation"
    static let tryID = prefix + "try-id"
    static let launch = prefix + "launch"
    static let attempt = prefix + "attempt"
    /// What the executor has to know of the pod after a restart (``PodPlan``).
    static let plan = prefix + "plan"
    static let run = prefix + "run"

    static let managedBy = "app.kubernetes.io/managed-by"
    static let program = "pipeline"
    static let baseContainer = "base"

    /// Selects the pods of an installation.
    static func selector(installation: String) -> String {
        "\(managedBy)=\(program),\(self.installation)=\(LabelValue.safe(installation))"
    }
}
