import PipelineCore

/// What a request of the runner is answered with.
enum RunnerAnswer: Sendable, Hashable {
    /// A body, which carries its `type`; nil stands for "done".
    case body(JSONObject?)
    /// What was asked for is not to be had: the SDK's `ErrorResponse`, in the place of a body.
    case refusal(code: String, detail: JSONValue)
    /// The request failed: an `ErrorResponse` in the frame's error, which the runner raises.
    case failure(detail: JSONValue)
    /// A fresh log channel, whose descriptor travels with the frame (`ResendLoggingFD`).
    case logChannel

    static let done = RunnerAnswer.body(nil)
    static let ok = RunnerAnswer.body(["type": "OKResponse", "ok": true])

    static func body(_ type: String, _ members: JSONObject) -> RunnerAnswer {
        .body(members.merging(["type": .string(type)]))
    }

    /// A failed call of the Execution API, as Airflow's supervisor passes it on.
    static func failure(_ error: any Error) -> RunnerAnswer {
        guard let error = error as? TaskServiceError else {
            return .failure(
                detail: [
                    "status_code": .null, "message": .string("\(error)"),
                    "exception_type": .string("\(type(of: error))"),
                ])
        }
        let detail: JSONValue = ["reason": .string(error.reason), "message": .string(error.message)]
        return .failure(
            detail: [
                "status_code": .int(error.code.rawValue), "message": .string(error.description),
                "detail": ["detail": detail],
            ])
    }

    /// The frame that answers request `id`.
    func frame(_ id: Int) -> [UInt8] {
        switch self {
        case .body(let body): RunnerFrames.response(id, body: body.map(JSONValue.object) ?? .null)
        case .refusal(let code, let detail):
            RunnerFrames.response(id, body: ["type": "ErrorResponse", "error": .string(code), "detail": detail])
        case .failure(let detail):
            RunnerFrames.response(
                id, error: ["type": "ErrorResponse", "error": "API_SERVER_ERROR", "detail": detail])
        // The receiver replaces the number by that of the descriptor it got.
        case .logChannel: RunnerFrames.response(id, body: ["type": "SentFDs", "fds": [0]])
        }
    }
}
