import HTTPTransport
import PipelineCore
import PipelineTestSupport
import Synchronization

/// Speaks HTTP to a double as a client would.
struct DoubleCaller: Sendable {
    let client: any HTTPClient
    var base = KubernetesDouble.url
    var token: String?

    init(_ double: KubernetesDouble) { client = double.client }

    init(client: any HTTPClient, base: String) {
        self.client = client
        self.base = base
    }

    struct Answer: Sendable {
        var status: Int
        var headers: HTTPHeaders
        var text: String
        var json: JSONValue { (try? JSONValue.parse(text)) ?? .null }
        var message: String { json["message"]?.stringValue ?? "" }
        var reason: String { json["reason"]?.stringValue ?? "" }
        var names: [String] { (json["items"]?.arrayValue ?? []).compactMap { $0["metadata"]?["name"]?.stringValue } }
    }

    func request(_ method: String, _ path: String, _ body: JSONValue? = nil, type: String = "application/json")
        -> HTTPRequest
    {
        var request = HTTPRequest(method: method, url: base + path, body: body?.serializedUTF8())
        if body != nil { request.headers["Content-Type"] = type }
        if let token { request.headers["Authorization"] = "Bearer \(token)" }
        return request
    }

    @discardableResult
    func call(
        _ method: String, _ path: String, _ body: JSONValue? = nil, type: String = "application/json"
    ) async throws -> Answer {
        let response = try await client.send(request(method, path, body, type: type))
        return Answer(
            status: response.head.status, headers: response.head.headers,
            text: String(decoding: response.body, as: UTF8.self))
    }

    @discardableResult
    func create(_ pod: JSONValue, query: String = "", in namespace: String = "pipelines") async throws -> Answer {
        try await call("POST", "/api/v1/namespaces/\(namespace)/pods\(query)", pod)
    }

    func list(_ query: String = "") async throws -> Answer { try await call("GET", "\(Self.pods)\(query)") }

    static let pods = "/api/v1/namespaces/pipelines/pods"

    /// Opens a stream; it runs as a task of its own until its end.
    func stream(_ path: String, idle: Duration = .seconds(60)) -> DoubleStream {
        let stream = DoubleStream()
        var request = request("GET", path)
        request.limits.idle = idle
        stream.start { [client, request] () async throws(HTTPTransportError) in
            try await client.perform(request, receiver: stream)
        }
        return stream
    }

    /// Opens a watch and waits until the double has it.
    func watch(_ double: KubernetesDouble, _ query: String = "") async -> DoubleStream {
        let stream = stream("\(Self.pods)?watch=1\(query)")
        await stream.opened()
        return stream
    }
}

/// What came through a stream, and how it ended.
final class DoubleStream: HTTPResponseReceiver {
    enum End: Sendable, Equatable {
        case complete
        case failed(HTTPTransportError.Code)
    }

    private struct State {
        var head: HTTPResponseHead?
        var chunks: [[UInt8]] = []
        var end: End?
        var task: Task<Void, Never>?
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    func start(_ work: @escaping @Sendable () async throws(HTTPTransportError) -> HTTPResponseHead) {
        let task = Task {
            do throws(HTTPTransportError) {
                _ = try await work()
                change { $0.end = .complete }
            } catch {
                let code = error.code
                change { $0.end = .failed(code) }
            }
        }
        state.withLock { $0.task = task }
    }

    func receive(head: HTTPResponseHead) { change { $0.head = head } }
    func receive(chunk: UnsafeRawBufferPointer) { state.withLock { $0.chunks.append(Array(chunk)) } }

    private func change(_ work: (inout State) -> Void) {
        let waiters = state.withLock { state in
            work(&state)
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    var head: HTTPResponseHead? { state.withLock { $0.head } }
    var chunks: [[UInt8]] { state.withLock { $0.chunks } }
    var bytes: [UInt8] { chunks.flatMap { $0 } }
    var text: String { String(decoding: bytes, as: UTF8.self) }
    func cancel() { state.withLock { $0.task }?.cancel() }

    /// Waits until the answer begins, or the call failed.
    func opened() async {
        await withCheckedContinuation { continuation in
            let isOpen = state.withLock { state in
                if state.head == nil, state.end == nil { state.waiters.append(continuation) }
                return state.head != nil || state.end != nil
            }
            if isOpen { continuation.resume() }
        }
    }

    /// Waits for the end, which must be on its way.
    func end() async -> End? {
        await state.withLock { $0.task }?.value
        return state.withLock { $0.end }
    }

    /// Events as `TYPE name phase`.
    var events: [String] {
        objects.map { event in
            let name = event["object"]?["metadata"]?["name"]?.stringValue ?? ""
            let phase = event["object"]?["status"]?["phase"]?.stringValue ?? ""
            return [event["type"]?.stringValue ?? "", name, phase].filter { !$0.isEmpty }.joined(separator: " ")
        }
    }

    var objects: [JSONValue] {
        bytes.split(separator: 0x0A).compactMap { try? JSONValue.parse(utf8: Array($0)) }
    }
}

/// Pods of tests.
enum SamplePod {
    static func named(
        _ name: String, labels: JSONObject = [:], requests: JSONObject = [:], spec: JSONObject = [:],
        containers: [String] = ["base"]
    ) -> JSONValue {
        let list = containers.map { container -> JSONValue in
            [
                "name": .string(container), "image": "localhost/busybox:1",
                "resources": ["requests": .object(requests), "limits": .object(requests)],
            ]
        }
        let base: JSONObject = ["containers": .array(list), "restartPolicy": "Never"]
        return [
            "apiVersion": "v1", "kind": "Pod",
            "metadata": ["name": .string(name), "labels": .object(labels)], "spec": .object(base.merging(spec)),
        ]
    }
}
