import Crypto
package import HTTPTransport
package import PipelineCore

/// Posts messages to the targets of the settings, as JSON, signed with the target's secret: HMAC-SHA256 over the body, in
/// the form that GitHub's webhooks have.
package struct WebhookSender: CallbackRunner {
    package static let signatureHeader = "X-Pipeline-Signature-256"
    package static let eventHeader = "X-Pipeline-Event"
    package static let deliveryHeader = "X-Pipeline-Delivery"

    private let targets: [String: NotificationTarget]
    private let client: any HTTPClient

    package init(_ targets: [NotificationTarget], client: any HTTPClient) {
        self.targets = Dictionary(targets.map { ($0.rule.target, $0) }) { first, _ in first }
        self.client = client
    }

    package func run(_ request: CallbackRequest) async -> CallbackEnd {
        guard case .webhook(let name, let body) = request.work else {
            return .failed(reason: "a \(request.work.kind) is no message")
        }
        guard let target = targets[name] else { return .failed(reason: "the settings no longer say where it was to go") }
        do {
            let response = try await client.send(Self.message(body, request.id, target), bodyLimit: 64 << 10)
            return Self.end(response.head)
        } catch {
            if error.code == .cancelled { return .interrupted }
            // An answer that is too long is one.
            if error.code == .tooLarge { return .done }
            return error.isTransient ? .unreachable(reason: error.message) : .failed(reason: error.message)
        }
    }

    static func message(_ body: JSONObject, _ id: UUID7, _ target: NotificationTarget) -> HTTPRequest {
        let bytes = JSONValue.object(body).serializedUTF8()
        var headers: HTTPHeaders = ["Content-Type": "application/json"]
        headers[deliveryHeader] = id.description
        headers[eventHeader] = body["event"]?.stringValue
        if let secret = target.secret { headers[signatureHeader] = signature(of: bytes, secret) }
        return HTTPRequest(
            method: "POST", url: target.url, headers: headers, body: bytes,
            limits: HTTPRequest.Limits(connect: .seconds(5), idle: .seconds(10), total: .seconds(15), redirects: 0))
    }

    /// `sha256=` and the code in hexadecimal digits.
    package static func signature(of body: [UInt8], _ secret: String) -> String {
        let code = HMAC<SHA256>.authenticationCode(for: body, using: SymmetricKey(data: Array(secret.utf8)))
        return "sha256=" + code.map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }.joined()
    }

    private static func end(_ head: HTTPResponseHead) -> CallbackEnd {
        if head.isSuccess { return .done }
        let text = "the target answered with status \(head.status)"
        return head.isTransientFailure ? .unreachable(reason: text) : .failed(reason: text)
    }
}
