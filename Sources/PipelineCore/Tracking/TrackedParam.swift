/// A parameter that a task worked with: a row of `tracked_param`, one for each task instance and name.
package struct TrackedParam: Sendable, Hashable {
    package var task: TaskInstanceKey
    package var name: String
    package var value: JSONValue
    /// The try that reported it.
    package var tryNumber: Int
    /// When the report arrived.
    package var timestamp: Timestamp

    package init(task: TaskInstanceKey, name: String, value: JSONValue, tryNumber: Int, timestamp: Timestamp) {
        self.task = task
        self.name = name
        self.value = value
        self.tryNumber = tryNumber
        self.timestamp = timestamp
    }
}
