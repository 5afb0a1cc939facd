package import PipelineCore

/// The objects that a cache holds, as a value: what lists and events make of them.
package struct CacheContents<Value: Sendable>: Sendable {
    /// One object as the cache keeps it.
    package struct Entry: Sendable {
        package var name: String
        package var namespace: String
        package var uid: String
        package var resourceVersion: String
        package var value: Value
    }

    /// By uid: a name is reused, and its next bearer is another object.
    package private(set) var entries: [String: Entry] = [:]
    /// Of the list, or of the last event.
    private(set) var resourceVersion = ""

    private let transform: @Sendable (JSONValue) -> Value?
    private var incoming: [String: Entry]?

    /// - Parameter transform: what to keep of an object; `nil` leaves it out.
    package init(transform: @escaping @Sendable (JSONValue) -> Value?) { self.transform = transform }

    /// A list begins, or begins anew: its objects are put aside until it is complete.
    package mutating func beginList() { incoming = [:] }

    package mutating func addListed(_ object: JSONValue) {
        guard let entry = entry(object) else { return }
        incoming?[entry.uid] = entry
    }

    /// The list is complete: what it did not have is gone.
    /// - Returns: whether anything is other than before.
    package mutating func endList(resourceVersion: String) -> Bool {
        guard let listed = incoming else { return false }
        defer { incoming = nil }
        self.resourceVersion = resourceVersion
        let isChanged =
            listed.count != entries.count
            || listed.contains { entries[$0.key]?.resourceVersion != $0.value.resourceVersion }
        entries = listed
        return isChanged
    }

    /// - Returns: whether anything is other than before.
    package mutating func apply(_ event: WatchEvent) -> Bool {
        if let version = event.resourceVersion, !version.isEmpty { resourceVersion = version }
        switch event {
        case .added(let object), .modified(let object):
            guard let entry = entry(object) else { return remove(object) }
            let old = entries.updateValue(entry, forKey: entry.uid)
            return old?.resourceVersion != entry.resourceVersion
        case .deleted(let object): return remove(object)
        case .bookmark, .error: return false
        }
    }

    private mutating func remove(_ object: JSONValue) -> Bool {
        guard let uid = object["metadata"]?["uid"]?.stringValue else { return false }
        return entries.removeValue(forKey: uid) != nil
    }

    private func entry(_ object: JSONValue) -> Entry? {
        let metadata = object["metadata"]
        guard let uid = metadata?["uid"]?.stringValue, let value = transform(object) else { return nil }
        return Entry(
            name: metadata?["name"]?.stringValue ?? "", namespace: metadata?["namespace"]?.stringValue ?? "", uid: uid,
            resourceVersion: metadata?["resourceVersion"]?.stringValue ?? "", value: value)
    }
}
