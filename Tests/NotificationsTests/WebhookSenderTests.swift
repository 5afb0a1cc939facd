import HTTPTransport
import PipelineCore
import Synchronization
import Testing

@testable import Notifications

/// Messages to the targets of the settings.
@Suite struct WebhookSenderTests {
    /// Answers without a network.
    private final class ScriptedClient: HTTPClient {
        private let seen = Mutex<[HTTPRequest]>([])
        private let answer: @Sendable () throws(HTTPTransportError) -> Int

        init(_ answer: @escaping @Sendable () throws(HTTPTransportError) -> Int) { self.answer = answer }

        var requests: [HTTPRequest] { seen.withLock { $0 } }

        func perform(
            _ request: HTTPRequest, receiver: any HTTPResponseReceiver
        ) async throws(HTTPTransportError) -> HTTPResponseHead {
            seen.withLock { $0.append(request) }
            return HTTPResponseHead(status: try answer())
        }
    }

    private static let url = "https://example.org/hook?token=1"

    private func targets(_ secret: String? = "key") throws -> [NotificationTarget] {
        var entry: JSONObject = ["url": .string(Self.url), "on": ["failure"]]
        entry["secret"] = secret.map(JSONValue.string)
        return try NotificationSettings.targets([.object(entry)])
    }

    private func request(_ target: String) -> CallbackRequest {
        CallbackRequest(
            id: UUID7(high: 1, low: 2), run: RunKey(dagID: "d", runID: "r"),
            work: .webhook(target: target, body: ["event": "failure"]), createdAt: Timestamp(seconds: 0))
    }

    @Test func aMessageIsSigned() async throws {
        let client = ScriptedClient { () throws(HTTPTransportError) in 204 }
        let targets = try targets()
        let end = await WebhookSender(targets, client: client).run(request(targets[0].rule.target))
        #expect(end == .done)
        let sent = try #require(client.requests.first)
        #expect(sent.method == "POST" && sent.url == Self.url && sent.limits.redirects == 0)
        #expect(sent.body == Array(#"{"event":"failure"}"#.utf8))
        #expect(sent.headers["Content-Type"] == "application/json")
        #expect(sent.headers["X-Pipeline-Event"] == "failure")
        #expect(sent.headers["X-Pipeline-Delivery"] == UUID7(high: 1, low: 2).description)
        // printf '{"event":"failure"}' | openssl dgst -sha256 -hmac key
        #expect(
            sent.headers["X-Pipeline-Signature-256"]
                == "sha256=dce5b1c8d7e0d7f555a59d21cc341fab7481b47992af229166c5597576616145")
    }

    @Test func withoutASecretThereIsNoSignature() async throws {
        let client = ScriptedClient { () throws(HTTPTransportError) in 200 }
        let targets = try targets(nil)
        _ = await WebhookSender(targets, client: client).run(request(targets[0].rule.target))
        #expect(client.requests.first?.headers["X-Pipeline-Signature-256"] == nil)
    }

    @Test(arguments: [(200, "done"), (404, "failed"), (302, "failed"), (429, "unreachable"), (503, "unreachable")])
    func theStatusSaysWhetherToTryAgain(_ status: Int, _ wanted: String) async throws {
        let client = ScriptedClient { () throws(HTTPTransportError) in status }
        let targets = try targets()
        let end = await WebhookSender(targets, client: client).run(request(targets[0].rule.target))
        switch end {
        case .done: #expect(wanted == "done")
        case .failed(let reason): #expect(wanted == "failed" && reason.contains("\(status)"))
        case .unreachable(let reason): #expect(wanted == "unreachable" && reason.contains("\(status)"))
        case .interrupted: Issue.record("interrupted")
        }
    }

    @Test func whoIsNotThereIsTriedAgain() async throws {
        let targets = try targets()
        let refused = ScriptedClient { () throws(HTTPTransportError) in
            throw HTTPTransportError(.connectionFailed, "example.org refused")
        }
        #expect(
            await WebhookSender(targets, client: refused).run(request(targets[0].rule.target))
                == .unreachable(reason: "example.org refused"))
        let untrusted = ScriptedClient { () throws(HTTPTransportError) in throw HTTPTransportError(.tlsFailed, "no trust") }
        #expect(
            await WebhookSender(targets, client: untrusted).run(request(targets[0].rule.target))
                == .failed(reason: "no trust"))
        let cancelled = ScriptedClient { () throws(HTTPTransportError) in throw HTTPTransportError(.cancelled, "") }
        #expect(await WebhookSender(targets, client: cancelled).run(request(targets[0].rule.target)) == .interrupted)
    }

    @Test func aTargetThatWasTakenOutIsSaid() async throws {
        let client = ScriptedClient { () throws(HTTPTransportError) in 200 }
        let end = await WebhookSender([], client: client).run(request("gone"))
        #expect(end == .failed(reason: "the settings no longer say where it was to go"))
        #expect(client.requests.isEmpty)
    }

    @Test func neitherAddressNorSecretIsInWhatIsStored() throws {
        let rule = try #require(try targets().first?.rule)
        #expect(!"\(rule)".contains("example") && !"\(rule)".contains("key"))
    }
}
