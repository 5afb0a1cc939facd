import PipelineCore
import Testing

@testable import TaskTokens

@Suite struct TaskTokenTests {
    private static let secret = "a secret of an installation that is long enough to sign with HS512, sixty-four bytes"
    private static let issued = Timestamp(seconds: 1_795_449_597)
    private let token = TaskToken(
        launch: LaunchID(tryID: UUID7("01a20920-6910-7427-b136-c972bc9c584b")!, number: 2), scope: .workload,
        id: "3f975b27dcbd45c6adae010cad6b6312", at: issued + .milliseconds(700), lifetime: .seconds(600))

    private func signer(_ algorithm: TaskTokenSigner.Algorithm = .hs512) throws -> TaskTokenSigner {
        try TaskTokenSigner(secret: Self.secret, algorithm: algorithm)
    }

    private func refusal(
        _ text: String, scopes: Set<TaskToken.Scope> = [.workload, .execution], at instant: Timestamp = issued,
        by signer: TaskTokenSigner? = nil
    ) throws -> TaskTokenError? {
        do {
            let signer = try signer ?? TaskTokenSigner(secret: Self.secret)
            _ = try signer.verify(text, scopes: scopes, at: instant)
            return nil
        } catch let error as TaskTokenError {
            return error
        }
    }

    /// Made by PyJWT 2.15.1: `jwt.encode(claims, secret, algorithm, headers={"alg": algorithm, "kid": "not-used"})`.
    private static let claims =
        "eyJzdWIiOiIwMWEyMDkyMC02OTEwLTc0MjctYjEzNi1jOTcyYmM5YzU4NGIiLCJzY29wZSI6Indvcmtsb2FkIiwibGF1bmNoIjoyLCJqdGki"
        + "OiIzZjk3NWIyN2RjYmQ0NWM2YWRhZTAxMGNhZDZiNjMxMiIsImF1ZCI6InVybjphaXJmbG93LmFwYWNoZS5vcmc6dGFzayIsIm5iZiI6MTc5"
        + "NTQ0OTU5NywiZXhwIjoxNzk1NDUwMTk3LCJpYXQiOjE3OTU0NDk1OTd9"
    private static let vectors: [(algorithm: TaskTokenSigner.Algorithm, text: String)] = [
        (
            .hs256,
            "eyJhbGciOiJIUzI1NiIsImtpZCI6Im5vdC11c2VkIiwidHlwIjoiSldUIn0.\(claims)."
                + "7TZ2hkLJK6z8cP7Y-eQ3XY1-7AHbmUvYltmk-cCbHUs"
        ),
        (
            .hs512,
            "eyJhbGciOiJIUzUxMiIsImtpZCI6Im5vdC11c2VkIiwidHlwIjoiSldUIn0.\(claims)."
                + "X1oQiGwG_lVPdssPqm4GEgCgdx55SdsPIZ5wBP66wTUNY6gI5i5mxBAx6f5GTIgKDaipJly_mFzW0oWWuooxLQ"
        ),
    ]

    @Test func tokensAreThoseThatPyJWTMakes() throws {
        for (algorithm, text) in Self.vectors {
            #expect(try signer(algorithm).sign(token) == text)
            let read = try signer(algorithm).verify(text, scopes: [.workload], at: Self.issued)
            #expect(read == token)
            #expect(read.expiresAt == Self.issued + .seconds(600))
        }
    }

    @Test func aTokenOfAnotherSecretOrAlgorithmIsRefused() throws {
        let other = try TaskTokenSigner(secret: "another secret that is long enough")
        #expect(try refusal(other.sign(token)) == .wrongSignature)
        #expect(try refusal(try signer(.hs256).sign(token)) == .wrongAlgorithm)
    }

    /// Each character of the signed text counts.
    @Test func aTokenThatWasChangedIsRefused() throws {
        let text = Array(try signer().sign(token).utf8)
        let end = try #require(text.lastIndex(of: UInt8(ascii: ".")))
        for index in 0..<end where text[index] != UInt8(ascii: ".") {
            var changed = text
            changed[index] = changed[index] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
            #expect(try refusal(String(decoding: changed, as: UTF8.self)) != nil)
        }
    }

    /// `alg: none`, the oldest trick with such tokens.
    @Test func aTokenWithoutASignatureIsRefused() throws {
        let header = Base64URL.encode(Array(#"{"alg":"none","typ":"JWT"}"#.utf8)).filter { $0 != "=" }
        #expect(try refusal("\(header).\(Self.claims).") == .wrongAlgorithm)
    }

    @Test(arguments: ["", ".", "..", "a.b", "a.b.c.d", "\u{e9}.b.c", "e30.e30.e30"])
    func otherTextsAreNoTokens(_ text: String) throws {
        #expect(try refusal(text) != nil)
    }

    @Test func aTokenHoldsFromItsFirstToItsLastSecond() throws {
        let text = try signer().sign(token)
        let leeway = TaskTokenSigner.leeway
        #expect(try refusal(text, at: Self.issued - leeway) == nil)
        #expect(try refusal(text, at: Self.issued - leeway - .seconds(1)) == .notYetValid)
        #expect(try refusal(text, at: Self.issued + .seconds(600) + leeway - .microseconds(1)) == nil)
        #expect(try refusal(text, at: Self.issued + .seconds(600) + leeway) == .expired)
    }

    @Test func aTokenOfAnotherScopeIsRefused() throws {
        let text = try signer().sign(token)
        #expect(try refusal(text, scopes: [.execution]) == .wrongScope)
        #expect(try refusal(text, scopes: [.workload]) == nil)
    }

    @Test(
        arguments: [
            ("aud", "apache-airflow", .wrongAudience), ("aud", .null, .wrongAudience),
            ("sub", "someone", .malformed), ("scope", "everything", .malformed), ("launch", .null, .malformed),
            ("exp", .null, .malformed), ("nbf", 0, .malformed), ("iat", "now", .malformed), ("jti", .null, .malformed),
        ] as [(String, JSONValue, TaskTokenError)])
    func claimsThatAreMissingOrMeantForOthersAreRefused(
        _ name: String, _ value: JSONValue, _ expected: TaskTokenError
    ) throws {
        var claims = try #require(token.claims.objectValue)
        claims[name] = value == .null ? nil : value
        #expect(try refusal(try signer().text(of: .object(claims))) == expected)
    }

    @Test func aShortSecretIsRefused() {
        #expect(throws: TaskTokenError.weakSecret) { try TaskTokenSigner(secret: "fifteen bytes..") }
    }
}
