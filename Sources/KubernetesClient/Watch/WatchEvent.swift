package import PipelineCore

/// One line of a watch.
package enum WatchEvent: Sendable, Hashable {
    /// There now, for the first time in this watch; or, for a cache, once more.
    case added(JSONValue)
    case modified(JSONValue)
    /// Gone, or out of the selector; with its last state.
    case deleted(JSONValue)
    /// Everything up to this resource version was told.
    case bookmark(resourceVersion: String, endsInitialEvents: Bool)
    /// The watch is over; a `Status` says why.
    case error(JSONValue)

    /// Reads one line.
    static func parse(_ line: [UInt8]) throws -> WatchEvent {
        let json = try JSONValue.parse(utf8: line)
        guard let type = json["type"]?.stringValue, let object = json["object"] else {
            throw UnreadableAnswer("a watch event without type and object")
        }
        switch type {
        case "ADDED": return .added(object)
        case "MODIFIED": return .modified(object)
        case "DELETED": return .deleted(object)
        case "BOOKMARK": return bookmark(object)
        case "ERROR": return .error(object)
        default: throw UnreadableAnswer("an unknown watch event '\(type)'")
        }
    }

    private static func bookmark(_ object: JSONValue) -> WatchEvent {
        let metadata = object["metadata"]
        return .bookmark(
            resourceVersion: metadata?["resourceVersion"]?.stringValue ?? "",
            endsInitialEvents: metadata?["annotations"]?["k8s.io/initial-events-end"]?.stringValue == "true")
    }

    /// Where a watch goes on behind this event.
    package var resourceVersion: String? {
        switch self {
        case .added(let object), .modified(let object), .deleted(let object):
            object["metadata"]?["resourceVersion"]?.stringValue
        case .bookmark(let version, _): version
        case .error: nil
        }
    }
}
