package import PipelineCore

/// What a trigger needs whose arguments are templates: only a task that begins in its trigger has any.
package struct TriggerContext: Sendable {
    /// The serialized DAG.
    package var dag: JSONValue
    package var run: DAGRun

    package init(dag: JSONValue, run: DAGRun) {
        self.dag = dag
        self.run = run
    }
}
