import HTTPTransport
import PipelineCore

/// How answers leave the core; faults of the way out act here.
extension APICore {
    mutating func sendHead(_ id: Int, _ head: HTTPResponseHead) {
        guard let exchange = exchanges[id] else { return }
        var head = head
        for field in exchange.extraHeaders.fields { head.headers.append(field.name, field.value) }
        exchanges[id]?.lastByte = now
        outputs.append(ExchangeOutput(exchange: id, part: .head(head)))
    }

    mutating func send(_ id: Int, _ bytes: [UInt8]) {
        guard let exchange = exchanges[id], !exchange.isSilent, !bytes.isEmpty else { return }
        exchanges[id]?.lastByte = now
        guard let left = exchange.bytesLeft else {
            outputs.append(ExchangeOutput(exchange: id, part: .bytes(bytes)))
            return
        }
        exchanges[id]?.bytesLeft = left - min(left, bytes.count)
        if left > 0 { outputs.append(ExchangeOutput(exchange: id, part: .bytes(Array(bytes.prefix(left))))) }
        guard bytes.count >= left else { return }
        if exchange.breaksAtLimit { fail(id, .connectionFailed) } else { end(id) }
    }

    mutating func end(_ id: Int) {
        guard let exchange = exchanges[id], !exchange.isSilent else { return }
        outputs.append(ExchangeOutput(exchange: id, part: .end))
        forget(id)
    }

    mutating func fail(_ id: Int, _ code: HTTPTransportError.Code) {
        guard exchanges[id] != nil else { return }
        outputs.append(ExchangeOutput(exchange: id, part: .failure(code)))
        forget(id)
    }

    mutating func finish(_ id: Int, _ reply: Reply) {
        sendHead(id, reply.head)
        send(id, reply.body)
        end(id)
    }

    /// The client is gone, or the exchange is over.
    mutating func forget(_ id: Int) {
        guard let exchange = exchanges.removeValue(forKey: id) else { return }
        openByVerb[exchange.call.verb, default: 1] -= 1
        watchers.remove(id)
        if case .watch(let state) = exchange.mode { watchersByTopic[state.topic]?.remove(id) }
        if case .follow(let state) = exchange.mode { cluster.pods[state.uid]?.followers.remove(id) }
    }

    mutating func checkIdle(_ id: Int) {
        guard let exchange = exchanges[id], let limit = exchange.idleLimit else { return }
        let due = exchange.lastByte + limit
        if due <= now { fail(id, .timeout) } else { add(.idle(exchange: id), after: due - now) }
    }

    static func event(_ type: String, _ object: JSONValue) -> [UInt8] {
        let event: JSONValue = ["type": .string(type), "object": object]
        return event.serializedUTF8() + [0x0A]
    }
}
