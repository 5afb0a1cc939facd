import CLibPQ
import PipelineCore

/// What PostgreSQL's SQLSTATEs mean to us. Source: PostgreSQL 15 documentation, appendix A.
enum PostgresError {
    /// Raised by `pipeline_verify_epoch`.
    static let requirementState = "PL001"

    static func error(_ result: OpaquePointer, statement: String?, location: String) -> StoreError {
        let state = PQresultErrorField(result, Int32(UInt8(ascii: "C"))).map { String(cString: $0) } ?? ""
        let text = PQresultErrorField(result, Int32(UInt8(ascii: "M"))).map { String(cString: $0) } ?? "unknown error"
        let code = code(state)
        return StoreError(code, message(code, text, state), statement: statement, location: location)
    }

    /// The connection is gone; what libpq says about it may take several lines.
    static func lost(_ connection: OpaquePointer?, location: String) -> StoreError {
        let text = connection.map { String(cString: PQerrorMessage($0)) } ?? ""
        let line = text.split(separator: "\n").first.map(String.init) ?? "the connection was lost"
        return StoreError(.unreachable, line, location: location)
    }

    static func code(_ state: String) -> StoreError.Code {
        switch state {
        case requirementState: .staleEpoch
        case "23503": .notFound
        case "23505", "23P01": .conflict
        case "25006": .readOnly
        case "40001", "40P01", "55P03", "57014": .busy
        case "42P01", "42703", "42883": .schemaTooOld
        case "57P01", "57P02", "57P03": .unreachable
        case "XX001", "XX002": .corrupt
        default: byClass(state)
        }
    }

    private static func byClass(_ state: String) -> StoreError.Code {
        switch state.prefix(2) {
        case "08", "28", "3D": .unreachable
        case "22", "23": .invalid
        case "42": state == "42501" ? .readOnly : .statement
        case "53": state == "53100" ? .full : .busy
        case "54": .tooLarge
        default: .statement
        }
    }

    private static func message(_ code: StoreError.Code, _ text: String, _ state: String) -> String {
        switch code {
        case .notFound: "\(text): a row belongs to a run that is not in the store"
        case .readOnly: "\(text): is the server a standby, or has the user no right to write?"
        case .full: "\(text): no space is left on the server's disk"
        case .schemaTooOld: "\(text): a table is missing; run `pipeline db migrate`"
        case .statement: "\(text) (SQLSTATE \(state))"
        default: text
        }
    }
}
