/// One value of a metric that a task reported: a row of `tracked_metric`.
///
/// Its identity is the task instance, the name and the step: the same report again is the same row.
package struct TrackedMetric: Sendable, Hashable {
    package var task: TaskInstanceKey
    package var name: String
    /// Steps of work done when it was measured; 0 for what has no steps.
    package var step: Int
    /// The epoch that it sums up, counted from 1; `nil` between epochs.
    package var epoch: Int?
    /// May be infinite or not a number: a loss that diverged is worth seeing.
    package var value: Double
    /// The try that reported it.
    package var tryNumber: Int
    /// When the report arrived.
    package var timestamp: Timestamp

    package init(
        task: TaskInstanceKey, name: String, step: Int, epoch: Int?, value: Double, tryNumber: Int,
        timestamp: Timestamp
    ) {
        self.task = task
        self.name = name
        self.step = step
        self.epoch = epoch
        self.value = value
        self.tryNumber = tryNumber
        self.timestamp = timestamp
    }
}
