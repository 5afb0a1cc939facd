/// What a mapper makes of a key: one key, or any number. Some mappers take only the former from their children.
package enum PartitionTargets: Sendable, Hashable {
    case one(String)
    case several([String])

    package var keys: [String] {
        switch self {
        case .one(let key): [key]
        case .several(let keys): keys
        }
    }
}

/// A key as a window counts in it: a date, or the text itself.
enum PartitionItem: Sendable, Hashable {
    case text(String)
    case date(WallTime)
}
