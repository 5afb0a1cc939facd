/// A row of `connection`. `password` and `extra` are encrypted at rest.
/// Source: Airflow 3.3 `models/connection.py`.
package struct Connection: Sendable, Hashable {
    package var id: String
    package var type: String
    package var description: String?
    package var host: String?
    package var schema: String?
    package var login: String?
    package var password: String?
    package var port: Int?
    /// JSON text.
    package var extra: String?

    package init(id: String, type: String) {
        self.id = id
        self.type = type
    }
}
