/// Names of labels and annotations. Airflow's own are kept, so that everything that selects by them goes on working.
package enum PodNames {
    /// Our own, beside Airflow's and Kubernetes's recommended ones.
    package static let prefix = "pipeline.ml/"
    package static let installation = prefix + "installation"
    package static let tryID = prefix + "try-id"
    package static let launch = prefix + "launch"
    package static let attempt = prefix + "attempt"
    /// What the executor has to know of the pod after a restart (``PodPlan``).
    package static let plan = prefix + "plan"
    package static let run = prefix + "run"

    package static let managedBy = "app.kubernetes.io/managed-by"
    package static let program = "pipeline"
    package static let baseContainer = "base"

    /// Selects the pods of an installation.
    static func selector(installation: String) -> String {
        "\(managedBy)=\(program),\(self.installation)=\(LabelValue.safe(installation))"
    }
}
