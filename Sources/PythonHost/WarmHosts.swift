/// Which DAG files have a host of their own, newest use last. A value: it decides, `PythonHost` acts.
struct WarmHosts<Host> {
    enum Entry {
        /// The host is parsing the file.
        case starting
        case serving(Host)
        /// The file must not be forked from ready-parsed, or its host is gone; not tried again for this content.
        case refused
    }

    private(set) var order: [String] = []
    private var entries: [String: (hash: String, entry: Entry)] = [:]
    let limit: Int

    init(limit: Int) { self.limit = limit }

    /// What is known of `path` with this content; a use makes it the newest.
    mutating func use(_ path: String, hash: String) -> Entry? {
        guard let known = entries[path], known.hash == hash else { return nil }
        touch(path)
        return known.entry
    }

    /// Records an entry and returns the hosts that are no longer wanted: an older content's, and the least recently
    /// used ones above the limit.
    mutating func set(_ path: String, hash: String, _ entry: Entry) -> [Host] {
        var dropped: [Host] = []
        if let old = entries[path], old.hash != hash, case .serving(let host) = old.entry { dropped.append(host) }
        entries[path] = (hash, entry)
        touch(path)
        while order.count > limit {
            let oldest = entries.removeValue(forKey: order.removeFirst())
            if case .serving(let host)? = oldest?.entry { dropped.append(host) }
        }
        return dropped
    }

    /// Whether `path` is still known with this content.
    func contains(_ path: String, hash: String) -> Bool { entries[path]?.hash == hash }

    mutating func removeAll() -> [Host] {
        defer { (order, entries) = ([], [:]) }
        return entries.values.compactMap { if case .serving(let host) = $0.entry { host } else { nil } }
    }

    private mutating func touch(_ path: String) {
        order.removeAll { $0 == path }
        order.append(path)
    }
}
