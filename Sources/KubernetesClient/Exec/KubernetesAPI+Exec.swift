package import HTTPTransport
import PipelineCore

extension KubernetesAPI {
    /// Runs a command in a running container and collects what it prints.
    /// - Parameters:
    ///   - connector: opens the connection, with the TLS of this cluster.
    ///   - timeout: for all of it.
    ///   - outputLimit: bytes of each of the two outputs; beyond, the call fails as `receiverFailed`.
    package func exec(
        _ command: [String], pod: String, namespace: String? = nil, container: String,
        over connector: any ByteStreamConnector, timeout: Duration, outputLimit: Int = 4 << 20
    ) async throws(KubernetesError) -> ExecResult {
        let request = execRequest(command, pod: pod, namespace: namespace, container: container)
        let work = { @Sendable () async -> Result<ExecResult, KubernetesError> in
            do throws(KubernetesError) {
                return .success(
                    try await self.authorized(request) { authorization throws(KubernetesError) in
                        try await self.exec(request, authorization, connector, outputLimit)
                    })
            } catch {
                return .failure(error)
            }
        }
        let first = await withTaskGroup(of: Result<ExecResult, KubernetesError>.self) { group in
            group.addTask { await work() }
            group.addTask {
                do { try await self.clock.sleep(for: timeout, tolerance: nil) } catch { return .failure(.cancelled) }
                let text = "\(request.summary): no end within \(timeout)"
                return .failure(KubernetesError(.unavailable(retryAfter: nil), text))
            }
            let first = await group.next() ?? .failure(.cancelled)
            group.cancelAll()
            return first
        }
        return try first.get()
    }

    func execRequest(_ command: [String], pod: String, namespace: String?, container: String) -> KubernetesRequest {
        KubernetesRequest(
            "create", method: "GET", .pods, namespace: scope(.pods, namespace), name: pod, subresource: "exec",
            query: [QueryItem("container", container)] + command.map { QueryItem("command", $0) }
                + [QueryItem("stdout", "true"), QueryItem("stderr", "true")])
    }

    private func exec(
        _ request: KubernetesRequest, _ authorization: String?, _ connector: any ByteStreamConnector, _ outputLimit: Int
    ) async throws(KubernetesError) -> ExecResult {
        let limits = HTTPRequest.Limits(connect: .seconds(10), idle: nil, total: nil, redirects: 0)
        let call = request.http(server: server, authorization: authorization, limits: limits)
        let stream: any ByteStream
        do throws(HTTPTransportError) { stream = try await connector.connect(to: call.url, limits: limits) } catch {
            throw Outcome.error(for: request, transport: error)
        }
        defer { stream.close() }
        let connection = ExecConnection(request: request, call: call, stream: stream, seeds: seeds)
        return try await connection.run(outputLimit: outputLimit)
    }
}

/// One command on its connection.
private struct ExecConnection {
    /// Bytes of an answer that refuses the command.
    private static let errorBodyLimit = 64 << 10

    let request: KubernetesRequest
    let call: HTTPRequest
    let stream: any ByteStream
    let seeds: SeedSource

    func run(outputLimit: Int) async throws(KubernetesError) -> ExecResult {
        do {
            var input = stream.incoming.makeAsyncIterator()
            let nonce = (0..<2).flatMap { _ in Self.bytes(of: seeds.next()) }
            let handshake = WebSocketHandshake(nonce: nonce, subprotocol: ExecSession.subprotocol)
            stream.send(handshake.request(call))
            let rest = try await upgrade(handshake, &input)
            return try await collect(rest, &input, outputLimit)
        } catch let error as KubernetesError {
            throw error
        } catch let error as ExecOutputTooLarge {
            throw KubernetesError(.receiverFailed, "\(request.summary): \(error)", cause: error)
        } catch let error as HTTPTransportError {
            throw Outcome.error(for: request, transport: error)
        } catch {
            throw KubernetesError(.unavailable(retryAfter: nil), "\(request.summary): \(error)", cause: error)
        }
    }

    private typealias Input = AsyncThrowingStream<[UInt8], any Error>.AsyncIterator

    private func upgrade(_ handshake: WebSocketHandshake, _ input: inout Input) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        while true {
            if let (head, rest) = try WebSocketHandshake.head(in: bytes) {
                guard head.status == 101 else {
                    throw Outcome.error(for: request, head: head, body: try await body(head, rest, &input))
                }
                try handshake.check(head)
                return rest
            }
            bytes += try await next(&input)
        }
    }

    private func next(_ input: inout Input) async throws -> [UInt8] {
        guard let bytes = try await input.next() else {
            if Task.isCancelled { throw KubernetesError.cancelled }
            throw UnreadableAnswer("the connection ended early")
        }
        return bytes
    }

    private func body(_ head: HTTPResponseHead, _ rest: [UInt8], _ input: inout Input) async throws -> [UInt8] {
        // RFC 9112, section 6.3: without a length, and not in chunks, it ends with the connection.
        let isChunked = head.headers["Transfer-Encoding"] != nil
        let length = head.headers["Content-Length"].flatMap { Int($0) } ?? (isChunked ? rest.count : Self.errorBodyLimit)
        var body = rest
        while body.count < min(length, Self.errorBodyLimit), let more = try await input.next() { body += more }
        return body
    }

    private func collect(_ rest: [UInt8], _ input: inout Input, _ outputLimit: Int) async throws -> ExecResult {
        var decoder = WebSocketDecoder()
        var session = ExecSession(outputLimit: outputLimit)
        decoder.feed(rest)
        while true {
            while let frame = try decoder.next() {
                if let answer = try session.receive(frame) {
                    stream.send(answer.encoded(mask: UInt32(truncatingIfNeeded: seeds.next())))
                }
                if let result = session.result { return result }
                if let status = session.status {
                    throw UnreadableAnswer(status.message ?? "the command could not be run")
                }
                if frame.opcode == .close { throw UnreadableAnswer("the server closed before the command's end") }
            }
            decoder.feed(try await next(&input))
        }
    }

    private static func bytes(of number: UInt64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: number >> (56 - 8 * UInt64($0))) }
    }
}
