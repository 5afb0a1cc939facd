import PipelineCore

/// The objects with their history, as etcd behind an API server keeps them.
struct ObjectStore {
    /// Changes that are kept for watches and for lists of the past; older ones answer 410.
    static let historyLimit = 200_000

    enum Change: String {
        case added = "ADDED"
        case modified = "MODIFIED"
        case deleted = "DELETED"
    }

    /// One change: the object after it (before it, for a deletion) with the revision of the change.
    struct Record {
        let revision: Int
        let key: ObjectKey
        let change: Change
        let object: JSONValue
        let previous: JSONValue?
    }

    private(set) var objects: [Resource: [ObjectKey: JSONValue]] = [:]
    private(set) var revision: Int
    /// Changes up to this revision are forgotten.
    private(set) var compacted: Int
    /// Where each object is, by its uid.
    private(set) var keysByUID: [String: ObjectKey] = [:]
    /// Objects that name, or once named, an owner, by the owner's uid.
    private var dependents: [String: Set<ObjectKey>] = [:]
    private var history: [Record] = []
    private var uids = 0
    private let seed: UInt64

    init(revision: Int = 6_000, seed: UInt64 = 1) {
        self.revision = revision
        compacted = revision
        self.seed = seed
    }

    subscript(key: ObjectKey) -> JSONValue? { objects[key.resource]?[key] }

    /// A new uid: random-looking, and the same for the same seed.
    mutating func newUID() -> String {
        uids += 1
        var random = SplitMix64(seed: seed &* 1_000_003 &+ UInt64(uids))
        let digits = Self.hexadecimal(random.next()) + Self.hexadecimal(random.next())
        let parts = [
            digits.prefix(8), digits.dropFirst(8).prefix(4), "4" + digits.dropFirst(13).prefix(3),
            "a" + digits.dropFirst(17).prefix(3), digits.suffix(12),
        ]
        return parts.joined(separator: "-")
    }

    static func hexadecimal(_ number: UInt64, width: Int = 16) -> String {
        let text = String(number, radix: 16)
        return String(repeating: "0", count: max(0, width - text.count)) + text
    }

    /// Creates or replaces an object; its `resourceVersion` is set.
    mutating func put(_ object: JSONValue, at key: ObjectKey) -> Record {
        revision += 1
        var object = object
        object.set("metadata", "resourceVersion", to: .string(String(revision)))
        let previous = objects[key.resource, default: [:]].updateValue(object, forKey: key)
        keysByUID[object.uid] = key
        for owner in object.ownerUIDs { dependents[owner, default: []].insert(key) }
        return keep(
            Record(
                revision: revision, key: key, change: previous == nil ? .added : .modified, object: object,
                previous: previous))
    }

    mutating func remove(_ key: ObjectKey) -> Record? {
        guard var object = erase(key) else { return nil }
        let previous = object
        revision += 1
        object.set("metadata", "resourceVersion", to: .string(String(revision)))
        return keep(Record(revision: revision, key: key, change: .deleted, object: object, previous: previous))
    }

    /// Takes an object away without a change in the history; what it was.
    mutating func erase(_ key: ObjectKey) -> JSONValue? {
        guard let object = objects[key.resource]?.removeValue(forKey: key) else { return nil }
        keysByUID[object.uid] = nil
        for owner in object.ownerUIDs { dependents[owner]?.remove(key) }
        return object
    }

    private mutating func keep(_ record: Record) -> Record {
        history.append(record)
        if history.count > Self.historyLimit + Self.historyLimit / 4 {
            compacted = history[history.count - Self.historyLimit - 1].revision
            history.removeFirst(history.count - Self.historyLimit)
        }
        return record
    }

    /// The objects that name `uid` as an owner, in order.
    func dependents(of uid: String) -> [(key: ObjectKey, object: JSONValue)] {
        (dependents[uid] ?? []).sorted().compactMap { key in
            guard let object = self[key], object.ownerUIDs.contains(uid) else { return nil }
            return (key, object)
        }
    }

    /// Forgets the history up to now, as compaction or a new watch cache does.
    mutating func compact() {
        history = []
        compacted = revision
    }

    /// The changes after a revision; `nil` where it is forgotten.
    func changes(after start: Int) -> ArraySlice<Record>? {
        guard start >= compacted else { return nil }
        var low = 0
        var high = history.count
        while low < high {
            let middle = (low + high) / 2
            if history[middle].revision <= start { low = middle + 1 } else { high = middle }
        }
        return history[low...]
    }

    /// The objects of a kind in the order of lists.
    func list(_ resource: Resource, namespace: String?) -> [JSONValue] {
        Self.sorted(objects[resource] ?? [:], namespace)
    }

    /// The objects as they were at a revision; `nil` where it is forgotten.
    func list(_ resource: Resource, namespace: String?, at past: Int) -> [JSONValue]? {
        guard let later = changes(after: past) else { return nil }
        var state = objects[resource] ?? [:]
        for record in later.reversed() where record.key.resource == resource { state[record.key] = record.previous }
        return Self.sorted(state, namespace)
    }

    private static func sorted(_ objects: [ObjectKey: JSONValue], _ namespace: String?) -> [JSONValue] {
        objects.filter { namespace == nil || $0.key.namespace == namespace }.sorted { $0.key < $1.key }.map(\.value)
    }
}
