/// Variables and connections given by the environment (`AIRFLOW_VAR_*`, `AIRFLOW_CONN_*`), which win over the store.
/// Source: Airflow 3.3 `secrets/environment_variables.py`.
package struct EnvironmentSecrets: Sendable {
    private let environment: [String: String]

    package init(_ environment: [String: String]) { self.environment = environment }

    package func variable(_ key: String) -> String? { environment["AIRFLOW_VAR_" + key.uppercased()] }

    /// - Throws: ``TaskServiceError`` `invalid_connection` when the value is neither a URI nor a JSON object.
    package func connection(_ id: String) throws(TaskServiceError) -> Connection? {
        guard let text = environment["AIRFLOW_CONN_" + id.uppercased()] else { return nil }
        guard let connection = Connection(id: id, uriOrJSON: text) else {
            throw TaskServiceError(
                .invalid, reason: "invalid_connection",
                "AIRFLOW_CONN_\(id.uppercased()) is neither a connection URI (type://login:password@host:port/schema)"
                    + " nor a JSON object")
        }
        return connection
    }
}
