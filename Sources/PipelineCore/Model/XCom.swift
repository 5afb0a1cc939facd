/// A value that a task left for others: a row of `xcom`.
package struct XCom: Sendable, Hashable {
    /// The key under which a task's return value is stored.
    package static let returnKey = "return_value"
    /// The key under which a branch operator records what it followed or skipped.
    package static let skipMixinKey = "skipmixin_key"

    package var task: TaskInstanceKey
    package var key: String
    /// JSON in the Task SDK's serde form.
    package var value: JSONValue
    /// The number of elements where a mapped downstream task is expanded over this value.
    package var mappedLength: Int?
    package var timestamp: Timestamp

    package init(
        task: TaskInstanceKey, key: String, value: JSONValue, mappedLength: Int? = nil, timestamp: Timestamp
    ) {
        self.task = task
        self.key = key
        self.value = value
        self.mappedLength = mappedLength
        self.timestamp = timestamp
    }
}
