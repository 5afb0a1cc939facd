import Glibc
import Synchronization

/// A server on 127.0.0.1 that gives each connection to a script on a thread of its own, for as long as the script
/// wants.
package final class StreamingServer: Sendable {
    /// One connection, from the server's side.
    package final class Connection: Sendable {
        private let socket: Int32
        private let unread = Mutex<[UInt8]>([])

        init(socket: Int32) { self.socket = socket }

        deinit { Glibc.close(socket) }

        /// The next request's head, without its blank line; `nil` when the client is gone.
        package func readHead() -> String? {
            while true {
                if let head = takeHead() { return head }
                guard fill() else { return nil }
            }
        }

        /// So many bytes of what comes next.
        package func read(_ count: Int) -> [UInt8]? {
            while true {
                let bytes = unread.withLock { unread -> [UInt8]? in
                    guard unread.count >= count else { return nil }
                    defer { unread.removeFirst(count) }
                    return Array(unread.prefix(count))
                }
                if let bytes { return bytes }
                guard fill() else { return nil }
            }
        }

        private func takeHead() -> String? {
            unread.withLock { unread in
                guard let end = unread.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
                defer { unread.removeSubrange(..<end.upperBound) }
                return String(decoding: unread[..<end.lowerBound], as: UTF8.self)
            }
        }

        private func fill() -> Bool {
            var buffer = [UInt8](repeating: 0, count: 4_096)
            let count = recv(socket, &buffer, buffer.count, 0)
            guard count > 0 else { return false }
            unread.withLock { $0 += buffer[..<count] }
            return true
        }

        @discardableResult
        package func send(_ text: String) -> Bool { send(Array(text.utf8)) }

        @discardableResult
        package func send(_ bytes: [UInt8]) -> Bool {
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = rest.withUnsafeBytes { Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
                guard count > 0 else { return false }
                rest = rest.dropFirst(count)
            }
            return true
        }

        /// A piece of a chunked body.
        @discardableResult
        package func sendChunk(_ text: String) -> Bool {
            send("\(String(text.utf8.count, radix: 16))\r\n\(text)\r\n")
        }

        /// Returns when the client has closed its side.
        package func waitForEnd() { while fill() {} }

        /// Sends RST instead of an orderly end.
        package func reset() {
            var hard = linger(l_onoff: 1, l_linger: 0)
            setsockopt(socket, SOL_SOCKET, SO_LINGER, &hard, socklen_t(MemoryLayout<linger>.size))
        }
    }

    package let port: UInt16
    private let listener: Int32
    private let count = Mutex(0)

    /// Could not listen.
    package struct Failure: Error {
        package var number: Int32
    }

    /// - Parameter script: gets each connection, on a thread of its own; the connection closes when nobody holds it.
    package init(script: @escaping @Sendable (Connection) -> Void) throws {
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) { [listener] pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, length) == 0 && listen(listener, 256) == 0 && getsockname(listener, $0, &length) == 0
            }
        }
        guard bound else { throw Failure(number: errno) }
        port = UInt16(bigEndian: address.sin_port)
        Self.thread { [self, listener] in serve(listener, script) }
    }

    package var url: String { "http://127.0.0.1:\(port)/" }
    /// Connections so far.
    package var connections: Int { count.withLock { $0 } }

    package func stop() { shutdown(listener, Int32(SHUT_RDWR)) }

    private func serve(_ listener: Int32, _ script: @escaping @Sendable (Connection) -> Void) {
        defer { close(listener) }
        while true {
            let socket = accept(listener, nil, nil)
            guard socket >= 0 else { return }
            count.withLock { $0 += 1 }
            let connection = Connection(socket: socket)
            Self.thread { script(connection) }
        }
    }

    /// Dispatch has too few threads for scripts that wait.
    private static func thread(_ work: @escaping @Sendable () -> Void) {
        let context = Unmanaged.passRetained(Work(run: work)).toOpaque()
        var thread = pthread_t()
        pthread_create(
            &thread, nil,
            { context in
                if let context { Unmanaged<Work>.fromOpaque(context).takeRetainedValue().run() }
                return nil
            }, context)
        pthread_detach(thread)
    }

    private final class Work: Sendable {
        let run: @Sendable () -> Void
        init(run: @escaping @Sendable () -> Void) { self.run = run }
    }
}
