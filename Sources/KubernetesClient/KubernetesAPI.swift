package import HTTPTransport
import PipelineCore
import Synchronization

/// Calls the API of one cluster: credentials, limits, retries and outcomes in one place. Objects are JSON.
package final class KubernetesAPI: Sendable {
    /// Told what a user should see though the call succeeded.
    package protocol Observer: Sendable {
        /// A `Warning` field of an answer: an unknown field, an API that ends.
        func warned(_ text: String, by request: KubernetesRequest)
        /// A call failed and will be tried again.
        func retries(_ request: KubernetesRequest, after error: KubernetesError, in delay: Duration)
    }

    /// Bytes of an answer that is read whole.
    static let bodyLimit = 64 << 20
    /// The longest wait that a server's `Retry-After` can ask for.
    static let retryAfterLimit: Duration = .seconds(60)

    /// Base URL, without a slash at its end.
    package let server: String
    /// The namespace that is meant where none is named.
    package let namespace: String
    let http: any HTTPClient
    let credentials: any CredentialSource
    let clock: any Clock<Duration>
    let limiter: RequestLimiter
    let observer: (any Observer)?
    let seeds: SeedSource
    /// Since the client was made.
    let uptime: Stopwatch

    /// - Parameter seed: of the jitter of delays.
    package init(
        server: String, namespace: String = "default", http: any HTTPClient,
        credentials: any CredentialSource = FixedCredential(nil), clock: any Clock<Duration>,
        limits: RequestLimiter.Limits = RequestLimiter.Limits(), observer: (any Observer)? = nil, seed: UInt64
    ) {
        self.server = server
        self.namespace = namespace
        self.http = http
        self.credentials = credentials
        self.clock = clock
        limiter = RequestLimiter(limits, clock: clock)
        self.observer = observer
        seeds = SeedSource(seed: seed)
        uptime = Stopwatch(clock)
    }

    /// Sends `request`, again while the API is not available and `retry` allows it.
    package func send(
        _ request: KubernetesRequest, retry: RetryPolicy = RetryPolicy()
    ) async throws(KubernetesError) -> HTTPResponse {
        var delays = retry.backoff(seed: seeds.next())
        let watch = Stopwatch(clock)
        while true {
            let failure: KubernetesError
            do throws(KubernetesError) {
                return try await limiter.run { () throws(KubernetesError) in try await sendOnce(request) }
            } catch {
                failure = error
            }
            guard case .unavailable(let asked) = failure.kind, let jittered = delays.next() else { throw failure }
            let delay = max(jittered, min(asked ?? .zero, Self.retryAfterLimit))
            if let deadline = retry.deadline, watch.elapsed + delay > deadline { throw failure }
            observer?.retries(request, after: failure, in: delay)
            do { try await clock.sleep(for: delay, tolerance: nil) } catch { throw .cancelled }
        }
    }

    private func sendOnce(_ request: KubernetesRequest) async throws(KubernetesError) -> HTTPResponse {
        let limits = HTTPRequest.Limits(connect: .seconds(10), idle: .seconds(60), total: .seconds(120), redirects: 0)
        return try await authorized(request) { authorization throws(KubernetesError) in
            let call = request.http(server: server, authorization: authorization, limits: limits)
            let response = try await perform(call, for: request)
            guard response.head.isSuccess else {
                throw Outcome.error(for: request, head: response.head, body: response.body)
            }
            report(response.head, of: request)
            return response
        }
    }

    private func perform(
        _ call: HTTPRequest, for request: KubernetesRequest
    ) async throws(KubernetesError) -> HTTPResponse {
        do throws(HTTPTransportError) {
            return try await http.send(call, bodyLimit: Self.bodyLimit)
        } catch {
            throw Outcome.error(for: request, transport: error)
        }
    }

    /// Runs `work` with credentials, and once more with renewed ones where they are refused.
    func authorized<Result>(
        _ request: KubernetesRequest, _ work: (String?) async throws(KubernetesError) -> Result
    ) async throws(KubernetesError) -> Result {
        let first = try await authorization(for: request)
        do throws(KubernetesError) {
            return try await work(first)
        } catch {
            guard error.kind == .unauthenticated else { throw error }
        }
        await credentials.renew(rejected: first)
        return try await work(try await authorization(for: request))
    }

    private func authorization(for request: KubernetesRequest) async throws(KubernetesError) -> String? {
        do throws(KubernetesConfigurationError) {
            return try await credentials.authorization()
        } catch {
            throw KubernetesError(.unauthenticated, "\(request.summary): no credentials: \(error)", cause: error)
        }
    }

    /// A call whose answer may take hours, without a slot of the limiter. Few frames wait with it: thousands of such
    /// calls are open at once.
    /// - Parameters:
    ///   - receiver: takes a success; of another answer, what it kept becomes the error.
    ///   - idle: silence after which it counts as dead; `nil`: never.
    func stream(_ receiver: any StreamReceiver, buffer: Int, idle: Duration? = nil) async throws(KubernetesError) -> Int {
        var refused: String?
        while true {
            let call = try await opened(receiver, refused, buffer, idle)
            let head: HTTPResponseHead
            do throws(HTTPTransportError) {
                head = try await http.perform(call, receiver: receiver)
            } catch {
                throw Outcome.error(for: receiver.request, transport: error)
            }
            if head.isSuccess { return head.status }
            guard head.status == 401, refused == nil else {
                throw Outcome.error(for: receiver.request, head: head, body: receiver.errorBody)
            }
            refused = call.headers["Authorization"] ?? ""
        }
    }

    /// The call, when its turn has come, with credentials: renewed ones where those were refused.
    private func opened(
        _ receiver: any StreamReceiver, _ refused: String?, _ buffer: Int, _ idle: Duration?
    ) async throws(KubernetesError) -> HTTPRequest {
        do {
            return try await inBriefTask { [self] in
                if let refused {
                    await credentials.renew(rejected: refused.isEmpty ? nil : refused)
                } else {
                    try await limiter.pass()
                }
                return streamCall(receiver.request, try await authorization(for: receiver.request), buffer, idle)
            }
        } catch {
            throw error as? KubernetesError ?? .cancelled
        }
    }

    private func streamCall(
        _ request: KubernetesRequest, _ authorization: String?, _ buffer: Int, _ idle: Duration?
    ) -> HTTPRequest {
        let limits = HTTPRequest.Limits(connect: .seconds(10), idle: idle, total: nil, redirects: 0)
        var call = request.http(server: server, authorization: authorization, limits: limits)
        call.receiveBuffer = buffer
        return call
    }

    /// Passes on what the server warns of: `299 - "unknown field \"spec.x\""` (RFC 7234, section 5.5).
    func report(_ head: HTTPResponseHead, of request: KubernetesRequest) {
        guard let observer else { return }
        for field in head.headers.fields where field.name.lowercased() == "warning" {
            observer.warned(WarningText.text(of: field.value), by: request)
        }
    }
}

/// Seeds for the jitter of many calls, from one.
final class SeedSource: Sendable {
    private let random: Mutex<SplitMix64>

    init(seed: UInt64) { random = Mutex(SplitMix64(seed: seed)) }

    func next() -> UInt64 { random.withLock { $0.next() } }
}

/// The text in a `Warning` field.
enum WarningText {
    static func text(of field: String) -> String {
        guard let start = field.firstIndex(of: "\""), let end = field.lastIndex(of: "\""), start < end else {
            return field
        }
        var text = ""
        var isEscaped = false
        for character in field[field.index(after: start)..<end] {
            if character == "\\", !isEscaped {
                isEscaped = true
            } else {
                text.append(character)
                isEscaped = false
            }
        }
        return text
    }
}

/// Takes the answer of a stream.
protocol StreamReceiver: HTTPResponseReceiver {
    /// What is answered.
    var request: KubernetesRequest { get }
    /// What was kept of an answer that is no success.
    var errorBody: [UInt8] { get }
}
