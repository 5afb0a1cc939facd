/// The parameters of the executions of one statement. Those of a large commit are made when they are bound: 10,000 rows of
/// task instances would take 9 MB at once.
struct SQLRows: Sendable {
    let count: Int
    private let row: @Sendable (Int) -> [SQLValue]

    init(_ rows: [[SQLValue]]) {
        self.init(count: rows.count) { rows[$0] }
    }

    init(count: Int, row: @escaping @Sendable (Int) -> [SQLValue]) {
        self.count = count
        self.row = row
    }

    /// The same rows in pieces of at most `size`.
    func chunks(of size: Int) -> [SQLRows] {
        stride(from: 0, to: count, by: size).map { start in
            SQLRows(count: Swift.min(size, count - start)) { [row] in row(start + $0) }
        }
    }

    /// Each row through `change`.
    func converted(_ change: @escaping @Sendable ([SQLValue]) -> [SQLValue]) -> SQLRows {
        SQLRows(count: count) { [row] in change(row($0)) }
    }
}

extension SQLRows: RandomAccessCollection {
    var startIndex: Int { 0 }
    var endIndex: Int { count }

    subscript(position: Int) -> [SQLValue] { row(position) }
}
