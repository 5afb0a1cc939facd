/// How much of what a rollup expects has to arrive. Source: Airflow 3.3 `partition_mappers/wait_policy.py`.
package enum WaitPolicy: Sendable, Hashable {
    case all
    /// So many at least; negative: so many may be missing.
    case minimum(Int)

    package func isSatisfied(arrived: Set<String>, expected: Set<String>) -> Bool {
        switch self {
        case .all: expected.isSubset(of: arrived)
        case .minimum(let count):
            arrived.intersection(expected).count >= (count > 0 ? count : max(0, expected.count + count))
        }
    }

    /// Nothing that may still arrive can satisfy it.
    package func isUnreachable(expected: Int) -> Bool {
        if case .minimum(let count) = self { count > expected } else { false }
    }

    /// Keys that have to arrive.
    package func threshold(expected: Int) -> Int {
        switch self {
        case .all: expected
        case .minimum(let count): count > 0 ? count : max(0, expected + count)
        }
    }
}
