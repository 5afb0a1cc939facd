/// A task instance that cannot start, and the check that holds it back.
package struct TaskWait: Sendable, Hashable {
    package var task: TaskInstanceKey
    package var check: CheckResult

    package init(task: TaskInstanceKey, check: CheckResult) {
        self.task = task
        self.check = check
    }
}
