/// Why a partition key could not be mapped, read or written: Python's words where Airflow shows them.
package struct PartitionError: Error, Sendable, Hashable, CustomStringConvertible {
    package var message: String

    package init(_ message: String) { self.message = message }

    package var description: String { message }
}
