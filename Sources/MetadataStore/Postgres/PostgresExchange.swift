import CLibPQ
import Glibc
import PipelineCore

/// One round trip in pipeline mode: requests are sent, a sync ends them, answers are read. The server runs all of them
/// in one implicit transaction, which ends at the sync: with an error, nothing was done.
///
/// The socket is non-blocking, and answers are taken in while requests are still being sent; else both sides could
/// wait for each other with full buffers.
struct PostgresExchange {
    struct Answer {
        var rows: [[SQLValue]] = []
        var changed = 0
        var parameterTypes: [Oid] = []
    }

    private let handle: OpaquePointer
    private let location: String
    private let options: PostgresOptions
    private var sent: [(statement: String, requirement: StoreError?)] = []
    /// Requests after which the socket is served.
    private static let burst = 64
    /// Bytes that may wait in libpq's buffer: the rows of a large commit stand there once more.
    private static let pendingLimit = 1 << 18
    private var pending = 0

    init(_ handle: OpaquePointer, location: String, options: PostgresOptions) {
        self.handle = handle
        self.location = location
        self.options = options
    }

    mutating func prepare(_ statement: SQLStatement, _ name: String) throws {
        guard PQsendPrepare(handle, name, numberedParameters(statement.text), 0, nil) == 1,
            PQsendDescribePrepared(handle, name) == 1
        else { throw lost() }
        sent += [(statement.name, nil), (statement.name, nil)]
    }

    mutating func send(_ statement: PostgresStatement, _ values: [[UInt8]?], _ operation: SQLOperation) throws {
        guard Self.send(handle, statement.serverName, values) == 1 else { throw lost() }
        sent.append((operation.statement.name, operation.requirement))
        pending += values.reduce(0) { $0 + ($1?.count ?? 0) }
        if pending > Self.pendingLimit {
            try flush(isWaiting: true)
            pending = 0
        } else if sent.count % Self.burst == 0 {
            try flush(isWaiting: false)
        }
    }

    private static func send(_ handle: OpaquePointer, _ name: String, _ values: [[UInt8]?]) -> Int32 {
        // All values stand in one buffer, so that one pointer has to be kept alive.
        var content: [UInt8] = [0]
        var offsets: [Int?] = []
        for value in values {
            offsets.append(value == nil ? nil : content.count)
            if let value { content += value }
        }
        let lengths = values.map { Int32($0?.count ?? 0) }
        let formats = [Int32](repeating: 1, count: values.count)
        return content.withUnsafeBytes { buffer in
            let start = buffer.baseAddress!.assumingMemoryBound(to: CChar.self)
            let pointers = offsets.map { offset in offset.map { start + $0 } }
            return PQsendQueryPrepared(handle, name, Int32(values.count), pointers, lengths, formats, 1)
        }
    }

    /// Ends the transaction and reads all answers. The first error is thrown after all answers were read, so that the
    /// connection can go on.
    func finish() throws -> [Answer] {
        var answers: [Answer] = []
        try finish { result in answers.append(answer(result)) }
        return answers
    }

    /// The same with all rows handed to `receive` as they come from the server: libpq never holds the whole result.
    func finish(receive: (SQLRow) throws -> Void) throws {
        try finish(rowByRow: true) { result in try rows(of: result, receive) }
    }

    private func finish(rowByRow: Bool = false, _ take: (OpaquePointer) throws -> Void) throws {
        guard PQpipelineSync(handle) == 1 else { throw lost() }
        try flush(isWaiting: true)
        var failure: (any Error)?
        for request in sent {
            if rowByRow { PQsetSingleRowMode(handle) }
            while let result = try nextResult() {
                defer { PQclear(result) }
                switch PQresultStatus(result) {
                case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_SINGLE_TUPLE:
                    do { if failure == nil { try take(result) } } catch { failure = error }
                case PGRES_PIPELINE_ABORTED: break
                default: failure = failure ?? self.failure(result, request)
                }
            }
        }
        try finishSync(&failure)
        if let failure { throw failure }
    }

    /// A constraint that is checked at the commit fails here.
    private func finishSync(_ failure: inout (any Error)?) throws {
        while true {
            guard let result = try nextResult() else { continue }
            defer { PQclear(result) }
            if PQresultStatus(result) == PGRES_PIPELINE_SYNC { return }
            if failure == nil { failure = self.failure(result, ("COMMIT", nil)) }
        }
    }

    private func failure(
        _ result: OpaquePointer, _ request: (statement: String, requirement: StoreError?)
    ) -> StoreError {
        let error = PostgresError.error(result, statement: request.statement, location: location)
        guard error.code == .staleEpoch, let requirement = request.requirement else { return error }
        return requirement.at(location)
    }

    private func answer(_ result: OpaquePointer) -> Answer {
        var answer = Answer()
        answer.parameterTypes = (0..<PQnparams(result)).map { PQparamtype(result, $0) }
        answer.changed = Int(String(cString: PQcmdTuples(result))) ?? 0
        rows(of: result) { answer.rows.append($0.values) }
        return answer
    }

    private func rows(of result: OpaquePointer, _ receive: (SQLRow) throws -> Void) rethrows {
        let width = PQnfields(result)
        let types = (0..<width).map { PQftype(result, $0) }
        var row = SQLRow(columns: (0..<width).map { String(cString: PQfname(result, $0)) }, values: [])
        for index in 0..<PQntuples(result) {
            row.values = (0..<width).map { column in
                if PQgetisnull(result, index, column) == 1 { return .null }
                let content = UnsafeRawBufferPointer(
                    start: PQgetvalue(result, index, column), count: Int(PQgetlength(result, index, column)))
                return PostgresFormat.decode(content, as: types[Int(column)])
            }
            try receive(row)
        }
    }

    private func nextResult() throws -> OpaquePointer? {
        while PQisBusy(handle) == 1 {
            try wait(for: Int16(POLLIN))
            guard PQconsumeInput(handle) == 1 else { throw lost() }
        }
        let result = PQgetResult(handle)
        if result == nil, PQstatus(handle) != CONNECTION_OK { throw lost() }
        return result
    }

    /// Sends what waits in the buffer; `isWaiting`: until all of it is sent.
    private func flush(isWaiting: Bool) throws {
        while true {
            let status = PQflush(handle)
            guard status >= 0 else { throw lost() }
            if status == 0 { return }
            let events = try wait(for: Int16(POLLIN | POLLOUT))
            if events & Int16(POLLIN) != 0, PQconsumeInput(handle) != 1 { throw lost() }
            if !isWaiting, events & Int16(POLLOUT) == 0 { continue }
        }
    }

    @discardableResult
    private func wait(for events: Int16) throws -> Int16 {
        var descriptor = pollfd(fd: PQsocket(handle), events: events, revents: 0)
        while true {
            let count = poll(&descriptor, 1, options.silenceTimeoutMilliseconds)
            if count > 0 { return descriptor.revents }
            if count < 0, errno == EINTR { continue }
            throw StoreError(
                .unreachable, "the server has been silent for \(options.silenceTimeoutMilliseconds / 1_000) seconds",
                location: location)
        }
    }

    private func lost() -> StoreError { PostgresError.lost(handle, location: location) }
}
