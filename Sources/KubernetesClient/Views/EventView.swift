package import PipelineCore

/// What an executor reads of an Event: why a pod waits is often said here only.
package struct EventView: ObjectView, Hashable {
    package let json: JSONValue

    package init(json: JSONValue) { self.json = json }

    /// The object that it is about; a name would be another's after a while.
    package var involvedUID: String { json["involvedObject"]?["uid"]?.stringValue ?? "" }
    package var involvedName: String { json["involvedObject"]?["name"]?.stringValue ?? "" }
    package var involvedKind: String { json["involvedObject"]?["kind"]?.stringValue ?? "" }
    package var reason: String { json["reason"]?.stringValue ?? "" }
    package var message: String { json["message"]?.stringValue ?? "" }
    /// `Normal` or `Warning`.
    package var type: String { json["type"]?.stringValue ?? "" }
    package var isWarning: Bool { type == "Warning" }
    /// How often it was seen.
    package var count: Int { json["count"]?.intValue ?? json["series"]?["count"]?.intValue ?? 1 }

    package var firstSeen: Timestamp? {
        json["firstTimestamp"].instant ?? json["eventTime"].instant ?? creationTimestamp
    }
    /// Older and newer reporters write different fields.
    package var lastSeen: Timestamp? {
        json["series"]?["lastObservedTime"].instant ?? json["lastTimestamp"].instant ?? json["eventTime"].instant
            ?? creationTimestamp
    }
}
