import Glibc
import HTTPTransport
import PipelineCore
import Synchronization

/// The server's thread. Other threads only put parts of answers into `inbox` and wake it.
/// `@unchecked Sendable`: `connections` belongs to the thread that runs `run()`.
final class ServerLoop: @unchecked Sendable {
    private let double: KubernetesDouble
    private let listener: ListeningSocket
    private let poller: Poller
    private let isRealTime: Bool
    private let isStopped = Atomic<Bool>(false)
    private let inbox = Mutex<[(connection: Int, part: ExchangeOutput.Part)]>([])
    private var connections: [Int32: ServerConnection] = [:]
    private var descriptors: [Int: Int32] = [:]
    private var nextConnection = 0

    init(double: KubernetesDouble, listener: ListeningSocket, isRealTime: Bool) throws {
        self.double = double
        self.listener = listener
        self.isRealTime = isRealTime
        poller = try Poller()
        try poller.add(listener.descriptor)
    }

    func stop() {
        isStopped.store(true, ordering: .releasing)
        poller.wake()
    }

    func deliver(_ part: ExchangeOutput.Part, to connection: Int) {
        inbox.withLock { $0.append((connection, part)) }
        poller.wake()
    }

    func run() {
        var timer = RealTimeDriver(double: double)
        while !isStopped.load(ordering: .acquiring) {
            let patience = isRealTime ? timer.milliseconds : -1
            for ready in poller.wait(milliseconds: patience) { handle(ready) }
            if isRealTime { timer.advance() }
            distribute()
        }
        for descriptor in Array(connections.keys) { drop(descriptor) }
    }

    private func handle(_ ready: Poller.Ready) {
        if ready.descriptor == listener.descriptor { return accept() }
        guard let connection = connections[ready.descriptor] else { return }
        if ready.isReadable, !connection.read() { return drop(ready.descriptor) }
        if ready.isWritable { flush(connection) }
        serve(connection)
    }

    private func accept() {
        while let descriptor = listener.next() {
            if double.isStopped || (try? poller.add(descriptor)) == nil {
                ServerConnection.reset(descriptor)
                continue
            }
            nextConnection += 1
            connections[descriptor] = ServerConnection(descriptor, number: nextConnection)
            descriptors[nextConnection] = descriptor
        }
    }

    /// Starts the next request of a connection that has one and is free.
    private func serve(_ connection: ServerConnection) {
        while connection.exchange == nil, !connection.isClosing {
            switch connection.nextRequest() {
            case .incomplete: return
            case .proceed:
                connection.append("HTTP/1.1 100 Continue\r\n\r\n")
                flush(connection)
                return
            case .bad(let status):
                connection.append("HTTP/1.1 \(status)\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                connection.isClosing = true
                flush(connection)
            case .request(let request):
                connection.exchange = 0
                let sink = ServerSink(loop: self, connection: connection.number)
                connection.exchange = double.open(request, client: 0, sink: sink)
                distribute()
            }
        }
    }

    /// Brings what the double has put out to the connections.
    private func distribute() {
        let parts = inbox.withLock { inbox in
            defer { inbox = [] }
            return inbox
        }
        var touched: [ServerConnection] = []
        for (number, part) in parts {
            guard let descriptor = descriptors[number], let connection = connections[descriptor] else { continue }
            connection.take(part)
            if !connection.isTouched {
                connection.isTouched = true
                touched.append(connection)
            }
        }
        for connection in touched {
            connection.isTouched = false
            connection.flushHead()
            flush(connection)
            if connection.exchange == nil { serve(connection) }
        }
    }

    private func flush(_ connection: ServerConnection) {
        switch connection.write() {
        case .done where connection.isClosing, .failed: drop(connection.descriptor)
        case .done: setWriting(connection, false)
        case .blocked: setWriting(connection, true)
        }
    }

    private func setWriting(_ connection: ServerConnection, _ isWriting: Bool) {
        guard connection.isWriting != isWriting else { return }
        connection.isWriting = isWriting
        poller.watch(connection.descriptor, writing: isWriting)
    }

    private func drop(_ descriptor: Int32) {
        guard let connection = connections.removeValue(forKey: descriptor) else { return }
        descriptors[connection.number] = nil
        poller.remove(descriptor)
        connection.isClosing = true
        if let exchange = connection.exchange, exchange != 0 { double.close(exchange) }
        connection.close()
    }
}

/// Puts parts of an answer into the loop's inbox.
private final class ServerSink: ExchangeSink {
    private let loop: ServerLoop
    private let connection: Int

    init(loop: ServerLoop, connection: Int) {
        self.loop = loop
        self.connection = connection
    }

    func receive(_ part: ExchangeOutput.Part) { loop.deliver(part, to: connection) }
}

/// Moves a double by the clock of the machine.
struct RealTimeDriver {
    private let double: KubernetesDouble
    private let start: ContinuousClock.Instant
    private let offset: Duration

    init(double: KubernetesDouble) {
        self.double = double
        start = ContinuousClock.now
        offset = double.now
    }

    /// Until something is due, at most a second.
    var milliseconds: Int32 {
        guard let due = double.nextDue else { return 1_000 }
        let rest = due - (offset + (ContinuousClock.now - start))
        return Int32(max(0, min(1_000, (rest.microseconds + 999) / 1_000)))
    }

    mutating func advance() {
        let target = offset + (ContinuousClock.now - start)
        if target > double.now { double.advance(by: target - double.now) }
    }
}
