import PipelineCore

/// What podman keeps of a container (`podman container inspect`).
struct ContainerRecord: Sendable, Hashable {
    var name: String
    var id: String
    var labels: [String: String]
    /// `created`, `running`, `exited`, ...
    var status: String
    var exitCode: Int
    var isOutOfMemory: Bool
    /// `nil`: it has not started.
    var startedAt: Timestamp?
    var finishedAt: Timestamp?
    var image: String
    var imageDigest: String
    /// Who runs in it: `1000:1000`, a name, or nothing.
    var user: String
    var logPath: String
    /// Bytes; 0: no limit.
    var memoryLimit: Int

    init(_ json: JSONValue) {
        let state = json["State"]
        name = json["Name"]?.stringValue ?? ""
        id = json["Id"]?.stringValue ?? ""
        labels = (json["Config"]?["Labels"]?.objectValue ?? [:]).reduce(into: [:]) { labels, label in
            labels[label.key] = label.value.stringValue
        }
        status = state?["Status"]?.stringValue ?? ""
        exitCode = state?["ExitCode"]?.intValue ?? 0
        isOutOfMemory = state?["OOMKilled"]?.boolValue ?? false
        startedAt = Self.instant(state?["StartedAt"])
        finishedAt = Self.instant(state?["FinishedAt"])
        image = json["ImageName"]?.stringValue ?? ""
        imageDigest = json["ImageDigest"]?.stringValue ?? json["Image"]?.stringValue ?? ""
        user = json["Config"]?["User"]?.stringValue ?? ""
        logPath = json["HostConfig"]?["LogConfig"]?["Path"]?.stringValue ?? ""
        memoryLimit = json["HostConfig"]?["Memory"]?.intValue ?? 0
    }

    /// Go's zero time stands for none.
    private static func instant(_ value: JSONValue?) -> Timestamp? {
        guard let instant = value?.stringValue.flatMap({ Timestamp(iso8601: $0) }), instant.microseconds > 0 else {
            return nil
        }
        return instant
    }

    var hasEnded: Bool { status == "exited" || status == "stopped" || status == "dead" }
    var isRunning: Bool { !hasEnded && !neverRan && !wasInterrupted }
    /// It was made and waits to be started.
    var neverRan: Bool { startedAt == nil && (isAtRest || hasEnded) }
    /// It ran when the machine went down, or its monitor did: podman then shows it as one that waits or has ended, with
    /// an exit code that nobody has seen.
    ///
    /// That an end lies before the start says nothing: podman writes the start down after a short container has ended.
    var wasInterrupted: Bool {
        startedAt != nil && (isAtRest || hasEnded && (exitCode < 0 || finishedAt == nil))
    }

    private var isAtRest: Bool { status == "created" || status == "configured" || status == "initialized" }

    /// The image with the digest that ran.
    var imageID: String { imageDigest.isEmpty ? image : "\(image)@\(imageDigest)" }
}
