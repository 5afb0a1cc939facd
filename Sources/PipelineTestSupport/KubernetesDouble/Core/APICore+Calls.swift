import HTTPTransport
import PipelineCore

extension APICore {
    /// What a call leads to.
    enum Answer {
        case reply(Reply)
        case watch(WatchState, initial: [JSONValue], timeout: Duration)
        case follow(FollowState)
    }

    /// Takes a call in; its effect comes with ``perform(_:)``. `nil` where no server is there to take it.
    mutating func begin(
        _ request: HTTPRequest, idle: Duration? = nil, total: Duration? = nil, id: Int
    ) -> KubernetesDouble.Call? {
        if isGone {
            outputs.append(ExchangeOutput(exchange: id, part: .failure(.connectionFailed)))
            return nil
        }
        var call = KubernetesDouble.Call(request)
        call.number = calls.count + 1
        call.at = now
        var record = call
        record.body = []
        calls.append(record)
        exchanges[id] = Exchange(id: id, call: call, idleLimit: idle, lastByte: now)
        count(call.verb, 1)
        if let idle { add(.idle(exchange: id), after: idle) }
        if let total { add(.total(exchange: id), after: total) }
        return call
    }

    private mutating func count(_ verb: KubernetesDouble.Verb, _ change: Int) {
        openByVerb[verb, default: 0] += change
        highestConcurrency[verb] = max(highestConcurrency[verb] ?? 0, openByVerb[verb] ?? 0)
    }

    /// The effect of a call that was taken in, and its answer.
    mutating func perform(_ id: Int) {
        guard let call = exchanges[id]?.call else { return }
        let drawn = faults.draw(for: call)
        for fault in drawn { prepare(id, fault) }
        if drawn.contains(where: { preempt(id, $0) }) { return }
        let answer = answer(to: call, staleBy: drawn.compactMap(\.staleRevisions).max() ?? 0)
        if drawn.contains(where: { replace(id, $0) }) { return }
        respond(id, answer, delay: drawn.compactMap(\.delay).reduce(settings.latency, +))
    }

    /// Faults that mark the exchange.
    private mutating func prepare(_ id: Int, _ fault: KubernetesDouble.Fault) {
        switch fault.effect {
        case .header(let name, let value): exchanges[id]?.extraHeaders.append(name, value)
        case .silence: exchanges[id]?.isSilent = true
        case .cut(let bytes, let breaks):
            exchanges[id]?.bytesLeft = bytes
            exchanges[id]?.breaksAtLimit = breaks
        default: break
        }
    }

    /// Faults in place of the effect; whether there was one.
    private mutating func preempt(_ id: Int, _ fault: KubernetesDouble.Fault) -> Bool {
        switch fault.effect {
        case .reply(let reply): respond(id, .reply(reply), delay: settings.latency)
        case .reset(afterEffect: false): fail(id, .connectionFailed)
        case .refusedByTLS: fail(id, .tlsFailed)
        case .hang(afterEffect: false): break
        case .errorEvent(let failure):
            let line = Self.event("ERROR", failure.status)
            finish(id, Reply(200, headers: ["Content-Type": "application/json"], body: line))
        default: return false
        }
        return true
    }

    /// Faults in place of the answer to a call that took effect; whether there was one.
    private mutating func replace(_ id: Int, _ fault: KubernetesDouble.Fault) -> Bool {
        switch fault.effect {
        case .lostReply(let reply): respond(id, .reply(reply), delay: settings.latency)
        case .reset(afterEffect: true): fail(id, .connectionFailed)
        case .hang(afterEffect: true): break
        default: return false
        }
        return true
    }

    private mutating func respond(_ id: Int, _ answer: Answer, delay: Duration) {
        switch answer {
        case .reply(let reply) where delay > .zero: add(.reply(exchange: id, reply), after: delay)
        case .reply(let reply): finish(id, reply)
        case .watch(let state, let initial, let timeout): open(id, state, initial, timeout)
        case .follow(let state): open(id, state)
        }
    }

    /// The effect of a call, without faults.
    private mutating func answer(to call: KubernetesDouble.Call, staleBy revisions: Int) -> Answer {
        do throws(Failure) {
            if let token = settings.token, call.token != token { throw .unauthorized }
            if let page = page(call.path) { return .reply(page) }
            guard let resource = call.resource else { throw .pathNotFound }
            guard call.body.count <= settings.bodyLimit else {
                throw Failure(413, "RequestEntityTooLarge", "Request entity too large: limit is \(settings.bodyLimit)")
            }
            try authorize(call, resource)
            return try route(call, resource, staleBy: revisions)
        } catch {
            return .reply(Reply(error))
        }
    }

    private func authorize(_ call: KubernetesDouble.Call, _ resource: Resource) throws(Failure) {
        let full = resource.rawValue + (call.subresource.map { "/\($0)" } ?? "")
        if settings.denied.contains("\(call.verb.rawValue) \(full)") { throw .rbac(call, user: settings.user) }
    }

    /// Paths outside the objects.
    private func page(_ path: String) -> Reply? {
        switch path {
        case "/readyz", "/livez", "/healthz": Reply(200, text: "ok")
        case "/version":
            Reply(
                200,
                json: [
                    "major": "1", "minor": "34", "gitVersion": "v1.34.9", "gitTreeState": "clean", "compiler": "gc",
                    "platform": "linux/amd64",
                ])
        default: nil
        }
    }

    private mutating func route(
        _ call: KubernetesDouble.Call, _ resource: Resource, staleBy revisions: Int
    ) throws(Failure) -> Answer {
        switch (call.verb, call.subresource) {
        case (.get, "log") where resource == .pods: return try log(call)
        case (.get, nil), (.get, "status"): return .reply(try get(call, resource))
        case (.list, nil): return .reply(try list(call, resource, staleBy: revisions))
        case (.watch, nil): return try watch(call, resource)
        case (.create, nil) where resource == .selfsubjectaccessreviews: return .reply(try review(call))
        case (.create, nil): return .reply(try create(call, resource))
        case (.create, "token") where resource == .serviceaccounts: return .reply(try token(call))
        case (.create, "eviction") where resource == .pods: return .reply(try evict(call))
        case (.update, nil), (.update, "status"): return .reply(try update(call, resource))
        case (.patch, nil), (.patch, "status"): return .reply(try patch(call, resource))
        case (.delete, nil): return .reply(try delete(call, resource))
        case (.deletecollection, nil): return .reply(try deleteCollection(call, resource))
        case (.get, "exec") where resource == .pods, (.create, "exec") where resource == .pods:
            return .reply(try exec(call))
        default: throw call.subresource == nil ? .methodNotAllowed : .pathNotFound
        }
    }

    func key(_ call: KubernetesDouble.Call, _ resource: Resource) -> ObjectKey {
        ObjectKey(resource, call.namespace ?? "", call.name ?? "")
    }

    func existing(_ call: KubernetesDouble.Call, _ resource: Resource) throws(Failure) -> (ObjectKey, JSONValue) {
        let key = key(call, resource)
        guard let object = store[key] else { throw .notFound(resource, key.name) }
        return (key, object)
    }

    func bodyObject(_ call: KubernetesDouble.Call) throws(Failure) -> JSONValue {
        do {
            return try JSONValue.parse(utf8: call.body)
        } catch {
            throw .badRequest("the object provided is unrecognized (must be of type object): \(error)")
        }
    }
}
