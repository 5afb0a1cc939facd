package import PipelineCore

/// What all objects have. Views hold the object's whole tree: a cache keeps what it reads from them, not the views.
package protocol ObjectView: Sendable {
    var json: JSONValue { get }
}

extension ObjectView {
    private var metadata: JSONValue? { json["metadata"] }

    package var name: String { metadata?["name"]?.stringValue ?? "" }
    package var namespace: String { metadata?["namespace"]?.stringValue ?? "" }
    package var uid: String { metadata?["uid"]?.stringValue ?? "" }
    package var resourceVersion: String { metadata?["resourceVersion"]?.stringValue ?? "" }
    package var labels: [String: String] { metadata?["labels"].texts ?? [:] }
    package var annotations: [String: String] { metadata?["annotations"].texts ?? [:] }
    package var creationTimestamp: Timestamp? { metadata?["creationTimestamp"].instant }
    /// Set once someone has asked for its deletion: a pod may run on for its grace period, and end well in it.
    package var deletionTimestamp: Timestamp? { metadata?["deletionTimestamp"].instant }

    package var conditions: [ConditionView] {
        (json["status"]?["conditions"]?.arrayValue ?? []).map { ConditionView(json: $0) }
    }

    package func condition(_ type: String) -> ConditionView? { conditions.first { $0.type == type } }
}

/// One of an object's conditions.
package struct ConditionView: Sendable, Hashable {
    package let json: JSONValue

    package init(json: JSONValue) { self.json = json }

    package var type: String { json["type"]?.stringValue ?? "" }
    /// `True`, `False` or `Unknown`.
    package var status: String { json["status"]?.stringValue ?? "Unknown" }
    package var isTrue: Bool { status == "True" }
    package var reason: String? { json["reason"]?.stringValue }
    package var message: String? { json["message"]?.stringValue }
    package var lastTransition: Timestamp? { json["lastTransitionTime"].instant }
}

extension JSONValue? {
    var texts: [String: String] {
        var texts: [String: String] = [:]
        for (key, value) in self?.objectValue ?? [:] { texts[key] = value.stringValue }
        return texts
    }

    var instant: Timestamp? { self?.stringValue.flatMap { Timestamp(iso8601: $0) } }

    var elements: [JSONValue] { self?.arrayValue ?? [] }
}
