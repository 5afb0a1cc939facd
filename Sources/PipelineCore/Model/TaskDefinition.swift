/// A task of a DAG, as the scheduler and the executors need it. What is not its own alone stands in its ``TaskTraits`` and
/// is read and written as if it stood here; tasks with equal traits share them in memory.
@dynamicMemberLookup
package struct TaskDefinition: Sendable, Hashable {
    package var id: String
    /// Direct neighbours, sorted by id. `upstream` is rebuilt from the `downstream` of the others.
    package var downstream: [String] = []
    package var upstream: [String] = []
    private var storage: Storage

    package init(id: String, operatorName: String) {
        self.id = id
        storage = Storage(TaskTraits(operatorName: operatorName))
    }

    package subscript<Value>(dynamicMember member: WritableKeyPath<TaskTraits, Value>) -> Value {
        get { storage.traits[keyPath: member] }
        set {
            if !isKnownUniquelyReferenced(&storage) { storage = Storage(storage.traits) }
            storage.traits[keyPath: member] = newValue
        }
    }

    package subscript<Value>(dynamicMember member: KeyPath<TaskTraits, Value>) -> Value {
        storage.traits[keyPath: member]
    }

    /// Keeps what is equal in many tasks of a DAG once for all of them.
    package mutating func share(in pool: TaskTraitsPool) { storage = pool.known.insert(storage).memberAfterInsert }

    /// `@unchecked Sendable`: only written while one task alone refers to it.
    fileprivate final class Storage: @unchecked Sendable, Hashable {
        var traits: TaskTraits

        init(_ traits: TaskTraits) { self.traits = traits }

        static func == (left: Storage, right: Storage) -> Bool { left === right || left.traits == right.traits }
        func hash(into hasher: inout Hasher) { hasher.combine(traits) }
    }
}

/// The traits of the tasks of one DAG: 10,000 tasks made in a loop differ in their ids, and in little else.
package final class TaskTraitsPool {
    fileprivate var known: Set<TaskDefinition.Storage> = []

    package init() {}
}
