import HTTPTransport
import PipelineCore
import Synchronization

/// An API server as a script: the answer to the n-th request, from 0.
final class ScriptedHTTPClient: HTTPClient {
    struct Reply: Sendable {
        enum End: Sendable {
            case complete
            case fail(HTTPTransportError.Code)
            /// Nothing more until the transfer is cancelled.
            case hang
            /// More pieces, as the test hands them out.
            case live(AsyncStream<[UInt8]>)
        }

        var status = 200
        var headers: HTTPHeaders = [:]
        var chunks: [[UInt8]] = []
        var end = End.complete

        /// No head at all.
        static func failure(_ code: HTTPTransportError.Code) -> Reply { Reply(status: 0, end: .fail(code)) }

        static func json(_ value: JSONValue, status: Int = 200, headers: HTTPHeaders = [:]) -> Reply {
            Reply(status: status, headers: headers, chunks: [value.serializedUTF8()])
        }

        static func text(_ text: String, status: Int = 200, headers: HTTPHeaders = [:], end: End = .complete) -> Reply {
            Reply(status: status, headers: headers, chunks: [Array(text.utf8)], end: end)
        }
    }

    private let script: @Sendable (Int, HTTPRequest) async -> Reply
    private let seen = Mutex<[HTTPRequest]>([])

    init(_ script: @escaping @Sendable (Int, HTTPRequest) async -> Reply) { self.script = script }

    /// One reply after the other; the last again and again.
    convenience init(replies: [Reply]) { self.init { number, _ in replies[min(number, replies.count - 1)] } }

    var requests: [HTTPRequest] { seen.withLock { $0 } }

    func perform(
        _ request: HTTPRequest, receiver: any HTTPResponseReceiver
    ) async throws(HTTPTransportError) -> HTTPResponseHead {
        let number = seen.withLock { requests in
            requests.append(request)
            return requests.count - 1
        }
        let reply = await script(number, request)
        let head = HTTPResponseHead(status: reply.status, headers: reply.headers)
        do {
            if reply.status > 0 { try receiver.receive(head: head) }
            for chunk in reply.chunks { try Self.deliver(chunk, receiver) }
            try await Self.end(reply.end, receiver)
        } catch let error as HTTPTransportError {
            throw error
        } catch {
            throw HTTPTransportError(.receiverFailed, "the response could not be taken", cause: error)
        }
        return head
    }

    private static func deliver(_ chunk: [UInt8], _ receiver: any HTTPResponseReceiver) throws {
        try chunk.withUnsafeBytes { try receiver.receive(chunk: $0) }
    }

    private static func end(_ end: Reply.End, _ receiver: any HTTPResponseReceiver) async throws {
        switch end {
        case .complete: return
        case .fail(let code): throw HTTPTransportError(code, "scripted failure")
        case .hang: try await hang()
        case .live(let stream):
            for await chunk in stream { try deliver(chunk, receiver) }
            if Task.isCancelled { throw HTTPTransportError(.cancelled, "cancelled") }
        }
    }

    private static func hang() async throws {
        let (stream, continuation) = AsyncStream<Void>.makeStream()
        for await _ in stream {}
        withExtendedLifetime(continuation) {}
        throw HTTPTransportError(.cancelled, "cancelled")
    }
}

/// A `Status` object of the API.
func status(
    _ code: Int, reason: String, message: String = "", causes: [(String, String)] = [], retryAfter: Int? = nil
) -> JSONValue {
    var details: JSONObject = ["causes": .array(causes.map { ["reason": .string($0.0), "message": .string($0.1)] })]
    if let retryAfter { details["retryAfterSeconds"] = .int(retryAfter) }
    return [
        "kind": "Status", "apiVersion": "v1", "status": "Failure", "message": .string(message),
        "reason": .string(reason),
        "code": .int(code), "details": .object(details),
    ]
}

/// A page of a list.
func list(_ items: [JSONValue], version: String, next: String = "") -> JSONValue {
    [
        "kind": "PodList", "apiVersion": "v1",
        "metadata": ["resourceVersion": .string(version), "continue": .string(next)], "items": .array(items),
    ]
}

/// A small pod.
func pod(_ name: String, version: String, phase: String = "Pending", uid: String? = nil) -> JSONValue {
    [
        "kind": "Pod",
        "metadata": ["name": .string(name), "uid": .string(uid ?? "uid-\(name)"), "resourceVersion": .string(version)],
        "status": ["phase": .string(phase)],
    ]
}

/// A line of a watch.
func event(_ type: String, _ object: JSONValue) -> String {
    (["type": .string(type), "object": object] as JSONValue).serialized() + "\n"
}

func bookmark(_ version: String) -> String { event("BOOKMARK", ["metadata": ["resourceVersion": .string(version)]]) }
