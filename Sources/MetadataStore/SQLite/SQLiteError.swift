import CSQLite
import Glibc
import PipelineCore

/// What SQLite's result codes mean to us. Source: https://sqlite.org/rescode.html.
enum SQLiteError {
    static func error(
        _ connection: OpaquePointer?, code: Int32, statement: String?, location: String
    ) -> StoreError {
        let text = connection.map { String(cString: sqlite3_errmsg($0)) } ?? String(cString: sqlite3_errstr(code))
        let isDiskFull = connection.map { sqlite3_system_errno($0) == ENOSPC } ?? false
        let kind = isDiskFull && code & 0xFF == SQLITE_IOERR ? .full : self.kind(code)
        return StoreError(kind, message(kind, text), statement: statement, location: location)
    }

    private static func kind(_ code: Int32) -> StoreError.Code {
        switch code & 0xFF {
        case SQLITE_BUSY, SQLITE_LOCKED: .busy
        case SQLITE_READONLY, SQLITE_PERM, SQLITE_AUTH: .readOnly
        case SQLITE_FULL: .full
        case SQLITE_CORRUPT, SQLITE_NOTADB: .corrupt
        case SQLITE_CANTOPEN, SQLITE_IOERR: .unreachable
        case SQLITE_TOOBIG: .tooLarge
        case SQLITE_CONSTRAINT: constraint(code)
        default: .statement
        }
    }

    /// Extended codes of SQLITE_CONSTRAINT, which are macros that Swift does not see.
    private static func constraint(_ code: Int32) -> StoreError.Code {
        switch code >> 8 {
        case 3: .notFound  // FOREIGNKEY
        case 6, 8, 10: .conflict  // PRIMARYKEY, UNIQUE, ROWID
        default: .invalid  // CHECK, NOTNULL, DATATYPE
        }
    }

    private static func message(_ kind: StoreError.Code, _ text: String) -> String {
        switch kind {
        case .busy: "\(text): another process has been writing for too long"
        case .readOnly: "\(text): the file or its folder may not be written by this user"
        case .full: "\(text): no space is left for the file; free some and go on"
        case .corrupt: "\(text): the file is damaged or is no SQLite database; restore a copy"
        case .unreachable: "\(text): does the folder exist, and may this user read and write it?"
        case .notFound: "\(text): a row belongs to a run that is not in the store"
        default: text
        }
    }
}
