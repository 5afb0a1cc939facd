package import PipelineCore

/// Reads the setting `notifications`: a list of mappings with `url`, `on`, and, where wanted, `dag_ids`, `secret` and
/// `long_running_after`.
package enum NotificationSettings {
    /// Targets that may be named.
    package static let maximumTargets = 100

    /// - Throws: ``NotificationSettingsError`` with the entry, the field and the mend.
    package static func targets(_ value: JSONValue) throws(NotificationSettingsError) -> [NotificationTarget] {
        if value.isNull { return [] }
        guard let entries = value.arrayValue, entries.count <= maximumTargets else {
            throw NotificationSettingsError("notifications must be a list of at most \(maximumTargets) mappings")
        }
        var targets: [NotificationTarget] = []
        for (index, entry) in entries.enumerated() {
            let target = try target(entry, "notifications[\(index)]")
            if let other = targets.first(where: { $0.url == target.url }), other.secret != target.secret {
                throw NotificationSettingsError("notifications[\(index)].secret differs from that of the same url above")
            }
            targets.append(target)
        }
        return targets
    }

    private static let known: Set<String> = ["url", "on", "dag_ids", "secret", "long_running_after"]

    private static func target(_ entry: JSONValue, _ path: String) throws(NotificationSettingsError) -> NotificationTarget {
        guard let fields = entry.objectValue else { throw NotificationSettingsError("\(path) must be a mapping") }
        for key in fields.keys where !known.contains(key) {
            throw NotificationSettingsError("\(path).\(key) is unknown; there are \(known.sorted().joined(separator: ", "))")
        }
        guard let url = fields["url"]?.stringValue, ["http://", "https://"].contains(where: { url.hasPrefix($0) }) else {
            throw NotificationSettingsError("\(path).url must be an http or https URL")
        }
        let events = try events(fields, path)
        let secret = fields["secret"]
        guard secret == nil || secret?.stringValue?.isEmpty == false else {
            throw NotificationSettingsError("\(path).secret must be text that is not empty")
        }
        return NotificationTarget(
            url: url, secret: secret?.stringValue, events: events, dagIDs: try dagIDs(fields, path),
            after: try longRunningAfter(fields, events, path))
    }

    private static func events(
        _ fields: JSONObject, _ path: String
    ) throws(NotificationSettingsError) -> Set<NotificationRule.Event> {
        let names = NotificationRule.Event.allCases.map(\.rawValue).joined(separator: ", ")
        guard let words = fields["on"]?.arrayValue, !words.isEmpty else {
            throw NotificationSettingsError("\(path).on must be a list of some of \(names)")
        }
        var events: Set<NotificationRule.Event> = []
        for word in words {
            guard let event = word.stringValue.flatMap({ NotificationRule.Event(rawValue: $0) }) else {
                throw NotificationSettingsError("\(path).on: \(word.serialized()) is none of \(names)")
            }
            events.insert(event)
        }
        return events
    }

    private static func dagIDs(_ fields: JSONObject, _ path: String) throws(NotificationSettingsError) -> [String] {
        guard let value = fields["dag_ids"] else { return [] }
        let ids = value.arrayValue?.compactMap(\.stringValue) ?? []
        guard !ids.isEmpty, ids.count == value.arrayValue?.count else {
            throw NotificationSettingsError("\(path).dag_ids must be a list of DAG ids; leave it out for all DAGs")
        }
        return ids
    }

    /// A year.
    private static let maximumSeconds = 31_622_400

    private static func longRunningAfter(
        _ fields: JSONObject, _ events: Set<NotificationRule.Event>, _ path: String
    ) throws(NotificationSettingsError) -> Duration? {
        let value = fields["long_running_after"]
        guard events.contains(.longRunning) else {
            guard value == nil else {
                throw NotificationSettingsError("\(path).long_running_after needs long_running in \(path).on")
            }
            return nil
        }
        guard let seconds = value?.intValue, (1...maximumSeconds).contains(seconds) else {
            throw NotificationSettingsError(
                "\(path).long_running_after must be a whole number of seconds from 1 to \(maximumSeconds)")
        }
        return .seconds(seconds)
    }
}

/// What is wrong with the setting.
package struct NotificationSettingsError: Error, Hashable, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }
}
