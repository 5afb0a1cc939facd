import Dispatch

/// The double behind a loopback socket: HTTP/1.1 with keep-alive and chunked bodies, all connections on one thread.
/// Ends when it is released.
package final class DoubleServer: Sendable {
    package let port: UInt16
    private let loop: ServerLoop

    init(double: KubernetesDouble, isRealTime: Bool) throws {
        let listener = try ListeningSocket()
        port = listener.port
        loop = try ServerLoop(double: double, listener: listener, isRealTime: isRealTime)
        DispatchQueue(label: "kubernetes-double").async { [loop] in loop.run() }
    }

    deinit { loop.stop() }

    /// `http://127.0.0.1:PORT`
    package var url: String { "http://127.0.0.1:\(port)" }
}

extension KubernetesDouble {
    /// Serves on a free port of 127.0.0.1 for as long as the result lives.
    /// - Parameter inRealTime: the server's thread advances the double by the machine's clock: for benchmarks,
    ///   never for tests.
    package func serve(inRealTime: Bool = false) throws -> DoubleServer {
        try DoubleServer(double: self, isRealTime: inRealTime)
    }
}
