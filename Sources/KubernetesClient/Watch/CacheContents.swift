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
    /// - Returns: what is other than before, names by uid.
    package mutating func endList(resourceVersion: String) -> [String: String] {
        guard let listed = incoming else { return [:] }
        defer { incoming = nil }
        self.resourceVersion = resourceVersion
        var changed: [String: String] = [:]
        for (uid, entry) in entries where listed[uid] == nil { changed[uid] = entry.name }
        for (uid, entry) in listed where entries[uid]?.resourceVersion != entry.resourceVersion {
            changed[uid] = entry.name
        }
        entries = listed
        return changed
    }

    /// - Returns: what is other than before, its name by its uid.
    package mutating func apply(_ event: WatchEvent) -> [String: String] {
        if let version = event.resourceVersion, !version.isEmpty { resourceVersion = version }
        switch event {
        case .added(let object), .modified(let object):
            guard let entry = entry(object) else { return remove(object) }
            let old = entries.updateValue(entry, forKey: entry.uid)
            return old?.resourceVersion != entry.resourceVersion ? [entry.uid: entry.name] : [:]
        case .deleted(let object): return remove(object)
        case .bookmark, .error: return [:]
        }
    }

    private mutating func remove(_ object: JSONValue) -> [String: String] {
        guard let uid = object["metadata"]?["uid"]?.stringValue, let entry = entries.removeValue(forKey: uid)
        else { return [:] }
        return [uid: entry.name]
    }

    private func entry(_ object: JSONValue) -> Entry? {
        let metadata = object["metadata"]
        guard let uid = metadata?["uid"]?.stringValue, let value = transform(object) else { return nil }
        return Entry(
            name: metadata?["name"]?.stringValue ?? "", namespace: metadata?["namespace"]?.stringValue ?? "", uid: uid,
            resourceVersion: metadata?["resourceVersion"]?.stringValue ?? "", value: value)
    }
}
