import HTTPTransport
import Synchronization

extension KubernetesDouble {
    package enum Moment: Sendable, Hashable {
        case beforeEffect, afterEffect
    }

    struct Crash {
        let call: Int
        let moment: Moment
        let action: @Sendable () -> Void
    }

    /// Kills the client that makes the n-th call of all (from 1): nothing of it gets through any more, its open calls
    /// are cancelled, and the call that killed it has had its effect or not. Then `action` is called, where a test
    /// starts the next client. Clients over sockets lose the one call only.
    package func crash(
        atCall call: Int, _ moment: Moment = .afterEffect, then action: @escaping @Sendable () -> Void = {}
    ) {
        state.withLock { $0.crashes.append(Crash(call: call, moment: moment, action: action)) }
    }

    /// Whether the client was killed.
    func crash(_ client: Int, at call: Call, _ moment: Moment) -> Bool {
        let crash = state.withLock { state -> Crash? in
            guard let index = state.crashes.firstIndex(where: { $0.call == call.number && $0.moment == moment }) else {
                return nil
            }
            let crash = state.crashes.remove(at: index)
            kill(client, at: call, &state)
            return crash
        }
        crash?.action()
        return crash != nil
    }

    private func kill(_ client: Int, at call: Call, _ state: inout State) {
        if client != 0 { state.killed.insert(client) }
        for (id, entry) in state.sinks.sorted(by: { $0.key < $1.key }) where entry.client == client {
            guard client != 0 || state.core.exchanges[id]?.call.number == call.number else { continue }
            state.core.outputs.removeAll { $0.exchange == id }
            state.core.outputs.append(ExchangeOutput(exchange: id, part: .failure(.cancelled)))
            state.core.forget(id)
        }
    }
}
