import HTTPTransport
package import PipelineCore
import Synchronization

/// A Kubernetes API server for tests, with scheduler and kubelets, whose pods follow scripts and whose calls fail on
/// demand. Time stands still until a test advances it. What it does and says follows a recorded 1.34 cluster.
///
/// ``client`` speaks to it in memory, ``serve(inRealTime:)`` over a loopback socket; both may be used at once.
package final class KubernetesDouble: Sendable {
    struct State {
        var core: APICore
        var sinks: [Int: (client: Int, sink: any ExchangeSink)] = [:]
        var nextExchange = 0
        var nextClient = 0
        var killed: Set<Int> = []
        var crashes: [Crash] = []
        var waiters: [Waiter] = []
        /// Grows with everything that may end a wait.
        var changes = 0
    }

    let state: Mutex<State>
    let clock: TestClock?
    private let delivery = DeliveryLock()

    /// - Parameters:
    ///   - clock: moved together with the double, for clients that sleep on it.
    ///   - start: the time of day at first; with a clock, that clock's.
    package init(
        nodes: [Node] = [Node("node-1", gpus: 2)], namespaces: [String] = ["default", "pipelines"],
        clock: TestClock? = nil, start: Timestamp = Timestamp(seconds: 1_767_225_600), seed: UInt64 = 1
    ) {
        var core = APICore(start: clock?.timestamp ?? start, seed: seed)
        for name in namespaces {
            let key = ObjectKey(.namespaces, "", name)
            core.didCreate(core.commit(core.decorate([:], key), at: key), key)
        }
        for node in nodes { core.addNode(node) }
        state = Mutex(State(core: core))
        self.clock = clock
    }

    /// Reads or changes the core, and delivers what follows.
    func with<Result: Sendable>(_ work: (inout APICore) throws -> Result) rethrows -> Result {
        let result = try state.withLock { try work(&$0.core) }
        deliver()
        return result
    }

    // MARK: Calls

    /// Takes a call through its whole way; parts of the answer come to the sink, now or as time advances.
    /// - Parameter client: 0 for clients that cannot be killed.
    func open(
        _ request: HTTPRequest, client: Int, idle: Duration? = nil, total: Duration? = nil, sink: any ExchangeSink
    ) -> Int {
        let (id, fatal) = state.withLock { state -> (Int, Call?) in
            state.nextExchange += 1
            let id = state.nextExchange
            state.sinks[id] = (client, sink)
            guard !state.killed.contains(client) else {
                state.core.outputs.append(ExchangeOutput(exchange: id, part: .failure(.connectionFailed)))
                return (id, nil)
            }
            guard let call = state.core.begin(request, idle: idle, total: total, id: id) else { return (id, nil) }
            if state.crashes.contains(where: { $0.call == call.number }) { return (id, call) }
            // In one piece, so that whoever sees the call recorded sees its effect too.
            state.core.perform(id)
            return (id, nil)
        }
        if let fatal {
            if !crash(client, at: fatal, .beforeEffect) { state.withLock { $0.core.perform(id) } }
            _ = crash(client, at: fatal, .afterEffect)
        }
        deliver()
        return id
    }

    /// The client wants no more of an exchange.
    func close(_ id: Int) {
        state.withLock { state in
            state.sinks[id] = nil
            state.core.forget(id)
        }
        wakeWaiters()
    }

    /// Carries what the core has put out to the sinks, in order; one thread at a time.
    func deliver() {
        delivery.drain {
            let batch = state.withLock { state -> [(any ExchangeSink, ExchangeOutput.Part)] in
                let outputs = state.core.outputs
                state.core.outputs = []
                return outputs.compactMap { output in
                    guard let sink = state.sinks[output.exchange]?.sink else { return nil }
                    if output.part.isLast { state.sinks[output.exchange] = nil }
                    return (sink, output.part)
                }
            }
            for (sink, part) in batch { sink.receive(part) }
            return !batch.isEmpty
        }
        wakeWaiters()
    }
}

/// Where the answer to one call goes.
protocol ExchangeSink: AnyObject, Sendable {
    func receive(_ part: ExchangeOutput.Part)
}

extension ExchangeOutput.Part {
    var isLast: Bool {
        switch self {
        case .head, .bytes: false
        case .end, .failure: true
        }
    }
}
