/// A pool of slots that tasks share. Source: Airflow 3.3 `models/pool.py`.
package struct Pool: Sendable, Hashable {
    package static let defaultName = "default_pool"
    package static let defaultSlots = 128

    package var name: String
    /// Total slots; -1 means without a limit.
    package var slots: Int
    package var description: String
    /// Whether deferred tasks hold their slots.
    package var includeDeferred: Bool

    package init(name: String, slots: Int, description: String = "", includeDeferred: Bool = false) {
        self.name = name
        self.slots = slots
        self.description = description
        self.includeDeferred = includeDeferred
    }
}
