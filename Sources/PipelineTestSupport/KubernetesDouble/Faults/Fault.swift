import HTTPTransport
import PipelineCore

extension KubernetesDouble {
    /// Something that goes wrong with a call. Several may meet in one call; the first that replaces the effect or the
    /// answer wins.
    package struct Fault: Sendable, Hashable {
        enum Effect: Hashable {
            case reply(Reply)
            case lostReply(Reply)
            case reset(afterEffect: Bool)
            case refusedByTLS
            case hang(afterEffect: Bool)
            case delay(Duration)
            case stale(Int)
            case silence
            case errorEvent(Failure)
            case cut(bytes: Int, breaks: Bool)
            case header(String, String)
        }

        let effect: Effect

        var delay: Duration? { if case .delay(let duration) = effect { duration } else { nil } }
        var staleRevisions: Int? { if case .stale(let count) = effect { count } else { nil } }

        /// This answer, and no effect.
        package static func reply(_ reply: Reply) -> Fault { Fault(effect: .reply(reply)) }
        package static func failure(_ failure: KubernetesDouble.Failure) -> Fault { .reply(Reply(failure)) }

        /// The call takes effect, and this is the answer.
        package static func lostReply(_ reply: Reply) -> Fault { Fault(effect: .lostReply(reply)) }

        /// The connection breaks before the call was read, or when it has taken effect.
        package static let resetBeforeEffect = Fault(effect: .reset(afterEffect: false))
        package static let resetAfterEffect = Fault(effect: .reset(afterEffect: true))

        /// The certificate does not hold: the call is not sent.
        package static let tlsFails = Fault(effect: .refusedByTLS)

        /// No answer ever comes.
        package static let hangsBeforeEffect = Fault(effect: .hang(afterEffect: false))
        package static let hangsAfterEffect = Fault(effect: .hang(afterEffect: true))

        /// The effect comes at once, the answer so much later.
        package static func slow(_ delay: Duration) -> Fault { Fault(effect: .delay(delay)) }

        /// A list shows the state of so many changes ago, with its resourceVersion.
        package static func stale(by revisions: Int) -> Fault { Fault(effect: .stale(revisions)) }

        /// The head comes, then neither bytes nor an end: for watches and followed logs.
        package static let silent = Fault(effect: .silence)

        /// Status 200 and one line of type ERROR.
        package static func errorEvent(_ failure: KubernetesDouble.Failure) -> Fault {
            Fault(effect: .errorEvent(failure))
        }

        /// The body breaks off after so many bytes, in the middle of a line where they end there.
        package static func cut(afterBytes bytes: Int) -> Fault { Fault(effect: .cut(bytes: bytes, breaks: true)) }

        /// The body ends after so many bytes as if it were complete.
        package static func end(afterBytes bytes: Int) -> Fault { Fault(effect: .cut(bytes: bytes, breaks: false)) }

        package static func warning(_ text: String) -> Fault {
            Fault(effect: .header("Warning", "299 - \"\(text.escapedQuotes)\""))
        }
    }
}
