/// Why the metadata store did not do as asked.
package struct StoreError: Error, CustomStringConvertible {
    package enum Code: String, Sendable, Hashable {
        /// Server gone, file cannot be opened; may come back.
        case unreachable
        case readOnly = "read_only"
        /// No space left on the device.
        case full
        /// Locked by somebody else for longer than the time limit; may be repeated.
        case busy
        /// A row of that key exists already.
        case conflict
        case notFound = "not_found"
        /// The store is newer than this binary.
        case schemaTooNew = "schema_too_new"
        /// The store must be migrated first.
        case schemaTooOld = "schema_too_old"
        /// Another scheduler has taken over (architecture decision D7).
        case staleEpoch = "stale_epoch"
        /// A value is larger than its bound.
        case tooLarge = "too_large"
        /// A row cannot be understood, a secret not decrypted.
        case corrupt
        /// A row breaks one of the schema's invariants: a bug of the caller.
        case invalid
        /// The database refused a statement for another reason: a bug of the driver.
        case statement
    }

    package var code: Code
    package var message: String
    /// Name of the statement, without values.
    package var statement: String?
    /// Where the store is, without secrets.
    package var location: String?

    package init(_ code: Code, _ message: String, statement: String? = nil, location: String? = nil) {
        self.code = code
        self.message = message
        self.statement = statement
        self.location = location
    }

    package var description: String {
        var text = "database \(code.rawValue.replacing("_", with: " ")): \(message)"
        if let location { text += " (\(location))" }
        if let statement { text += " in \(statement)" }
        return text
    }

    /// The same call may succeed later without anybody's help.
    package var isTransient: Bool { code == .unreachable || code == .busy }
}
