/// A file that a task made: a row of `tracked_artifact`, one for each task instance and name.
package struct TrackedArtifact: Sendable, Hashable {
    package var task: TaskInstanceKey
    package var file: ReportedArtifact
    /// The try that reported it.
    package var tryNumber: Int
    /// When the report arrived.
    package var timestamp: Timestamp

    package init(task: TaskInstanceKey, file: ReportedArtifact, tryNumber: Int, timestamp: Timestamp) {
        self.task = task
        self.file = file
        self.tryNumber = tryNumber
        self.timestamp = timestamp
    }
}

/// A file as the task that made it tells of it.
package struct ReportedArtifact: Sendable, Hashable {
    /// Its name among the files of the task.
    package var name: String
    /// Where it lies: a path or a URL, as the task sees it.
    package var path: String
    package var bytes: Int
    /// SHA-256 of its content, 64 lower-case hexadecimal digits.
    package var sha256: String

    package init(name: String, path: String, bytes: Int, sha256: String) {
        self.name = name
        self.path = path
        self.bytes = bytes
        self.sha256 = sha256
    }
}
