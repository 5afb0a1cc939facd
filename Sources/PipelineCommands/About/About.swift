import ArgumentParser
import PipelineCore

/// What this program calls itself.
enum About {
    static let version = "0.1.0"
    /// The Airflow whose DAGs, states and protocols this version follows.
    static let airflowVersion = "3.3.2"
}
