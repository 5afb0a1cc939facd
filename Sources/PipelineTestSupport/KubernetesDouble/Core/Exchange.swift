import HTTPTransport
import PipelineCore

/// One call and the answer that is under way. Owned by the core; fronts see only what it puts out.
struct Exchange {
    enum Mode {
        /// The answer is not out yet, or the call hangs for ever.
        case waiting
        case watch(WatchState)
        case follow(FollowState)
        /// Plays a recording.
        case recording
    }

    let id: Int
    let call: KubernetesDouble.Call
    var mode = Mode.waiting
    /// Fields that faults add to the head.
    var extraHeaders: HTTPHeaders = [:]
    /// Without a byte for so long the client gives up; `nil` for fronts that leave it to the client.
    var idleLimit: Duration?
    var lastByte: Duration
    /// What a fault lets pass of the body before the exchange breaks (or ends).
    var bytesLeft: Int?
    var breaksAtLimit = true
    /// Nothing comes through any more, and no end.
    var isSilent = false
}

/// An open watch.
struct WatchState {
    var resource: Resource
    var namespace: String?
    var labels: LabelSelector
    var fields: FieldSelector
    /// Changes up to it are known to the watcher.
    var revision: Int
    var wantsBookmarks: Bool

    /// A watch of one name hears of that name only.
    var topic: WatchTopic {
        WatchTopic(resource, name: fields.requirements.first { $0.path == ["metadata", "name"] && $0.isEqual }?.value)
    }

    func selects(_ object: JSONValue) -> Bool {
        (namespace == nil || object.namespace == namespace) && labels.matches(object) && fields.matches(object)
    }
}

/// What changes a watch may be about.
struct WatchTopic: Hashable {
    let resource: Resource
    let name: String?

    init(_ resource: Resource, name: String?) {
        self.resource = resource
        self.name = name
    }
}

/// An open log.
struct FollowState {
    var uid: String
    var container: String
    var next: Int
    var timestamps: Bool
    var since: Int?
    var bytesLeft: Int?
}

/// What a front carries to the client of an exchange.
struct ExchangeOutput: Sendable {
    enum Part: Sendable {
        case head(HTTPResponseHead)
        case bytes([UInt8])
        /// The response is complete.
        case end
        /// The connection broke, was never made, or the client's patience is over.
        case failure(HTTPTransportError.Code)
    }

    var exchange: Int
    var part: Part
}
