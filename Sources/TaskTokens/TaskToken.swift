package import PipelineCore

/// What a token says of its bearer: the worker of one launch of one try.
/// Source: Airflow 3.3 `api_fastapi/auth/tokens.py`, `executors/workloads/base.py` (`generate_token`).
package struct TaskToken: Sendable, Hashable {
    /// What the bearer may do.
    package enum Scope: String, Sendable, Hashable {
        /// Only to say that its task runs; stands in the workload of a pod, where others may read it.
        case workload
        /// Everything a running task may ask for; given out in exchange.
        case execution
    }

    /// `aud` of Airflow's execution API.
    package static let audience = "urn:airflow.apache.org:task"

    /// `sub` is the id of the try. The claim `launch`, which Airflow has not, tells the launches of a try apart: a worker
    /// of an earlier one must not speak for a later one.
    package var launch: LaunchID
    package var scope: Scope
    /// `jti`, for the log.
    package var id: String
    /// `iat` and `nbf`, in whole seconds.
    package var issuedAt: Timestamp
    /// `exp`, in whole seconds.
    package var expiresAt: Timestamp

    /// - Parameter lifetime: in whole seconds.
    package init(launch: LaunchID, scope: Scope, id: String, at instant: Timestamp, lifetime: Duration) {
        self.launch = launch
        self.scope = scope
        self.id = id
        issuedAt = Timestamp(microseconds: instant.microseconds / 1_000_000 * 1_000_000)
        expiresAt = issuedAt + lifetime
    }

    /// In Airflow's order.
    var claims: JSONValue {
        [
            "sub": .string(launch.tryID.description), "scope": .string(scope.rawValue), "launch": .int(launch.number),
            "jti": .string(id), "aud": .string(Self.audience), "nbf": .int(Self.seconds(issuedAt)),
            "exp": .int(Self.seconds(expiresAt)), "iat": .int(Self.seconds(issuedAt)),
        ]
    }

    /// - Throws: ``TaskTokenError`` for claims that are missing or of another shape, or meant for somebody else.
    init(claims: JSONValue) throws(TaskTokenError) {
        guard claims["aud"]?.stringValue == Self.audience else { throw .wrongAudience }
        guard let tryID = claims["sub"]?.stringValue.flatMap(UUID7.init), let number = claims["launch"]?.intValue,
            let scope = claims["scope"]?.stringValue.flatMap(Scope.init), let id = claims["jti"]?.stringValue,
            let issued = claims["iat"]?.intValue, claims["nbf"]?.intValue == issued, let end = claims["exp"]?.intValue
        else { throw .malformed }
        (launch, self.scope, self.id) = (LaunchID(tryID: tryID, number: number), scope, id)
        (issuedAt, expiresAt) = (Timestamp(seconds: Double(issued)), Timestamp(seconds: Double(end)))
    }

    private static func seconds(_ instant: Timestamp) -> Int { Int(instant.microseconds / 1_000_000) }
}

/// Why a token is not accepted.
package enum TaskTokenError: Error, Sendable, Hashable, CustomStringConvertible {
    case malformed
    case wrongAlgorithm
    case wrongSignature
    case wrongAudience
    case wrongScope
    case notYetValid
    case expired
    /// The secret of the installation is too short to sign with.
    case weakSecret

    package var description: String {
        switch self {
        case .malformed: "the token is no token of a task"
        case .wrongAlgorithm: "the token is signed with another algorithm"
        case .wrongSignature: "the token's signature does not fit"
        case .wrongAudience: "the token is meant for somebody else"
        case .wrongScope: "the token does not allow this"
        case .notYetValid: "the token is not valid yet; the clocks of the machines may differ"
        case .expired: "the token has expired"
        case .weakSecret: "the secret for tokens must have at least \(TaskTokenSigner.minimumSecretBytes) bytes"
        }
    }
}
