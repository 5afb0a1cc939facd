import HTTPTransport
import PipelineCore
import PipelineTestSupport
import Synchronization
import Testing

@testable import KubernetesClient

@Suite struct KubernetesAPITests {
    typealias Reply = ScriptedHTTPClient.Reply

    @Test func requestsAreWhatTheAPIWants() async throws {
        let http = ScriptedHTTPClient(replies: [.json([:])])
        let client = testClient(http)
        _ = try await client.get(.pods, "a b", namespace: "x")
        _ = try await client.create(.pods, pod("a", version: ""), dryRun: true)
        _ = try await client.delete(
            .pods, "a", options: .init(uid: "u", gracePeriodSeconds: 0, propagationPolicy: "Background"))
        _ = try await client.apply(.configMaps, ["kind": "ConfigMap"], name: "c", force: true)
        _ = try await client.patch(.pods, "a", ["metadata": [:]], kind: .merge, subresource: "status")
        try await client.deleteCollection(.pods, selector: Selector(labels: "run=1"))
        _ = try await client.get(.nodes, "n")
        _ = try await client.get(.leases, "l")
        _ = try await client.raw("/version")
        let lines = http.requests.map { "\($0.method) \($0.url.dropFirst("https://api".count))" }
        let write = "fieldManager=pipeline&fieldValidation=Strict"
        #expect(
            lines == [
                "GET /api/v1/namespaces/x/pods/a%20b", "POST /api/v1/namespaces/ml/pods?\(write)&dryRun=All",
                "DELETE /api/v1/namespaces/ml/pods/a", "PATCH /api/v1/namespaces/ml/configmaps/c?\(write)&force=true",
                "PATCH /api/v1/namespaces/ml/pods/a/status?\(write)",
                "DELETE /api/v1/namespaces/ml/pods?labelSelector=run%3D1", "GET /api/v1/nodes/n",
                "GET /apis/coordination.k8s.io/v1/namespaces/ml/leases/l", "GET /version",
            ])
        #expect(http.requests.allSatisfy { $0.headers["Authorization"] == "Bearer one" && $0.limits.redirects == 0 })
        #expect(http.requests[3].headers["Content-Type"] == "application/apply-patch+yaml")
        #expect(http.requests[4].headers["Content-Type"] == "application/merge-patch+json")
        let options = try JSONValue.parse(utf8: http.requests[2].body ?? [])
        #expect(options["preconditions"]?["uid"] == "u" && options["gracePeriodSeconds"] == 0)
    }

    @Test func anEmptySelectorDeletesNothing() async {
        let http = ScriptedHTTPClient(replies: [.json([:])])
        let error = await failure { try await testClient(http).deleteCollection(.pods, selector: Selector()) }
        #expect(error != nil && http.requests.isEmpty)
    }

    @Test func anUnavailableServerIsAskedAgainAfterTheTimeThatItNames() async throws {
        let http = ScriptedHTTPClient(replies: [
            .text("Too many requests", status: 429, headers: ["Retry-After": "7"]), .failure(.connectionFailed),
            .json(["a": 1]),
        ])
        let clock = TestClock(isAutomatic: true)
        #expect(try await testClient(http, clock: clock).get(.pods, "a") == ["a": 1])
        #expect(http.requests.count == 3)
        #expect(clock.sleeps[0] == .seconds(7))
        #expect(clock.sleeps[1] >= .milliseconds(250) && clock.sleeps[1] <= .milliseconds(500))
    }

    @Test func attemptsAndDeadlineBoundTheRetries() async throws {
        let http = ScriptedHTTPClient(replies: [.text("", status: 503, headers: ["Retry-After": "20"])])
        let client = testClient(http)
        let error = await failure {
            _ = try await client.get(.pods, "a", retry: RetryPolicy(attempts: 3, deadline: nil))
        }
        #expect(error?.kind == .unavailable(retryAfter: .seconds(20)) && http.requests.count == 3)
        _ = await failure {
            _ = try await client.get(.pods, "a", retry: RetryPolicy(attempts: 100, deadline: .seconds(50)))
        }
        #expect(http.requests.count == 6)
        _ = await failure { _ = try await client.get(.pods, "a", retry: .none) }
        #expect(http.requests.count == 7)
    }

    @Test func otherFailuresAreNotTriedAgain() async throws {
        let http = ScriptedHTTPClient(replies: [.json(status(422, reason: "Invalid"), status: 422)])
        _ = await failure { _ = try await testClient(http).create(.pods, [:]) }
        #expect(http.requests.count == 1)
    }

    @Test func aCreateWhoseAnswerWasLostMeetsItself() async throws {
        let http = ScriptedHTTPClient(replies: [
            .failure(.connectionFailed), .json(status(409, reason: "AlreadyExists"), status: 409),
        ])
        let error = await failure { _ = try await testClient(http).create(.pods, pod("a", version: "")) }
        #expect(error?.kind == .alreadyExists)
    }

    @Test func credentialsThatAreRefusedAreRenewedOnce() async throws {
        let http = ScriptedHTTPClient { _, request in
            request.headers["Authorization"] == "Bearer 2"
                ? .json(["ok": true]) : .json(status(401, reason: "Unauthorized"), status: 401)
        }
        let source = CountingCredential()
        let client = testClient(http, credentials: source)
        #expect(try await client.get(.pods, "a") == ["ok": true])
        #expect(source.renewals == ["Bearer 1"])
        #expect(try await client.get(.pods, "a") == ["ok": true] && http.requests.count == 3)
        source.renew(rejected: "Bearer 2")
        let error = await failure { _ = try await client.get(.pods, "a") }
        #expect(error?.kind == .unauthenticated && http.requests.count == 5)
    }

    @Test func warningsAreHandedOn() async throws {
        let headers: HTTPHeaders = [
            "Warning": #"299 - "unknown field \"spec.x\"""#, "warning": #"299 - "v1 Old is deprecated""#,
        ]
        let observer = RecordingObserver()
        _ = try await testClient(ScriptedHTTPClient(replies: [.json([:], headers: headers)]), observer: observer).get(
            .pods, "a")
        #expect(observer.warnings == [#"unknown field "spec.x""#, "v1 Old is deprecated"])
    }

    @Test func listsGoThroughAllPages() async throws {
        let http = ScriptedHTTPClient { number, _ in
            number < 2
                ? .json(list([pod("\(number)", version: "1")], version: "9", next: "t\(number)"))
                : .json(list([pod("\(number)", version: "1")], version: "9"))
        }
        let names = try await testClient(http).list(.pods, selector: Selector(labels: "a=b")).map {
            $0["metadata"]?["name"]
        }
        #expect(names == ["0", "1", "2"])
        #expect(http.requests[0].url == "https://api/api/v1/namespaces/ml/pods?labelSelector=a%3Db&limit=250")
        #expect(http.requests[2].url.hasSuffix("&limit=250&continue=t1"))
    }

    @Test func aListThatTheServerForgetsHalfWayBeginsAnew() async throws {
        let http = ScriptedHTTPClient(replies: [
            .json(list([pod("old", version: "1")], version: "1", next: "t")),
            .json(status(410, reason: "Expired"), status: 410), .json(list([pod("new", version: "2")], version: "2")),
        ])
        #expect(try await testClient(http).list(.pods).compactMap { $0["metadata"]?["name"] } == ["new"])
        let lost = ScriptedHTTPClient { number, _ in
            number % 2 == 0
                ? .json(list([], version: "1", next: "t")) : .json(status(410, reason: "Expired"), status: 410)
        }
        #expect(await failure { _ = try await testClient(lost).list(.pods) }?.kind == .expired)
        #expect(lost.requests.count == 6)
    }

    @Test(arguments: ["", "{", "<html>", #"{"items":[]}"#, #"{"metadata":{"resourceVersion":"1"},"items":[{]}"#])
    func anAnswerThatIsNoListIsNoEmptyList(_ body: String) async {
        let http = ScriptedHTTPClient(replies: [.text(body)])
        #expect(await failure { _ = try await testClient(http).list(.pods, retry: .none) }?.isUnavailable == true)
    }

    @Test func tokensAreRequested() async throws {
        let http = ScriptedHTTPClient(replies: [
            .json(["status": ["token": "t", "expirationTimestamp": "2026-01-01T00:10:00Z"]], status: 201)
        ])
        let (token, expiration) = try await testClient(http).token(
            forServiceAccount: "sa", audiences: ["a"], lifetime: .seconds(600))
        #expect(token == "t" && expiration == Timestamp(iso8601: "2026-01-01T00:10:00Z"))
        #expect(http.requests[0].url == "https://api/api/v1/namespaces/ml/serviceaccounts/sa/token")
        let body = try JSONValue.parse(utf8: http.requests[0].body ?? [])
        #expect(body["spec"] == ["audiences": ["a"], "expirationSeconds": 600])
    }

    @Test func aCancelledCallEndsAsSuch() async {
        let http = ScriptedHTTPClient(replies: [Reply(end: .hang)])
        let client = testClient(http)
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await client.get(.pods, "a")
        }
        #expect(await failure { _ = try await task.value }?.kind == .cancelled)
    }
}

/// Hands out "Bearer 1", and the next number each time it is renewed.
private final class CountingCredential: CredentialSource {
    private let state = Mutex<(number: Int, renewals: [String?])>((1, []))

    var renewals: [String?] { state.withLock { $0.renewals } }
    func authorization() -> String? { state.withLock { "Bearer \($0.number)" } }
    func renew(rejected: String?) {
        state.withLock { state in
            state.number += 1
            state.renewals.append(rejected)
        }
    }
}

private final class RecordingObserver: KubernetesAPI.Observer {
    private let texts = Mutex<[String]>([])
    var warnings: [String] { texts.withLock { $0 } }
    func warned(_ text: String, by request: KubernetesRequest) { texts.withLock { $0.append(text) } }
    func retries(_ request: KubernetesRequest, after error: KubernetesError, in delay: Duration) {}
}
