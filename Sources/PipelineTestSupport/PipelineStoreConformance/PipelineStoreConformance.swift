package import PipelineCore

/// What every driver of the metadata store has to do: one suite for memory, SQLite and PostgreSQL. A check gets an
/// empty, migrated store of its own. It knows no test library, so that any test target can run it.
package struct PipelineStoreConformance: Sendable, CustomStringConvertible {
    /// The behaviour, as a sentence in one word (`retryIsArchived`).
    package let name: String
    package let check: @Sendable (any PipelineStore) async throws -> Void

    init(_ name: String, _ check: @escaping @Sendable (any PipelineStore) async throws -> Void) {
        self.name = name
        self.check = check
    }

    package var description: String { name }

    package static let all: [PipelineStoreConformance] =
        commits + runs + tasks + xcoms + settings + dags + assets + assetQueues + states + tracking + leases + questions
        + backfills + retention + partitions + callbacks + maintenance
}

/// A check that did not hold.
package struct ConformanceFailure: Error, CustomStringConvertible {
    package var description: String
}

/// Fails the check unless both are equal.
func expect<Value: Equatable>(_ found: Value, _ wanted: Value, file: String = #fileID, line: Int = #line) throws {
    guard found != wanted else { return }
    throw ConformanceFailure(description: "\(file):\(line): found \(found), wanted \(wanted)")
}

/// Fails the check unless `body` throws a ``StoreError`` of this code; returns the error.
@discardableResult
func expect(
    _ code: StoreError.Code, file: String = #fileID, line: Int = #line, _ body: () async throws -> Void
) async throws -> StoreError {
    do {
        try await body()
    } catch let error as StoreError {
        guard error.code == code else {
            throw ConformanceFailure(description: "\(file):\(line): \(error.code.rawValue): \(error)")
        }
        return error
    }
    throw ConformanceFailure(description: "\(file):\(line): nothing was thrown, wanted \(code.rawValue)")
}
