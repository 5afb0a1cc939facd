import Dispatch
import Glibc
import Synchronization

/// An HTTP server on 127.0.0.1 that answers each connection from a script, byte by byte as a test wants it.
final class LoopbackServer: Sendable {
    /// A request's head: the first line and the fields by lower-case name.
    struct Request: Sendable {
        var line: String
        var fields: [String: String]
        var body: String
    }

    let port: UInt16
    private let listener: Int32
    private let seen = Mutex<[Request]>([])

    /// - Parameter script: the answer to the n-th request, from 0; the connection closes after it.
    init(script: @escaping @Sendable (Int, Request) -> String) throws {
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) { [listener] pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, length) == 0 && listen(listener, 8) == 0 && getsockname(listener, $0, &length) == 0
            }
        }
        guard bound else { throw Failure(number: errno) }
        port = UInt16(bigEndian: address.sin_port)
        DispatchQueue(label: "loopback").async { [self, listener] in serve(listener, script) }
    }

    struct Failure: Error {
        var number: Int32
    }

    var url: String { "http://127.0.0.1:\(port)/file.bin" }
    var requests: [Request] { seen.withLock { $0 } }

    /// Ends the server.
    func stop() { shutdown(listener, Int32(SHUT_RDWR)) }

    private func serve(_ listener: Int32, _ script: (Int, Request) -> String) {
        defer { close(listener) }
        while true {
            let connection = accept(listener, nil, nil)
            guard connection >= 0 else { return }
            if let request = Self.readRequest(connection) {
                let number = seen.withLock { requests in
                    requests.append(request)
                    return requests.count - 1
                }
                Self.send(script(number, request), connection)
            }
            close(connection)
        }
    }

    private static func readRequest(_ connection: Int32) -> Request? {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4_096)
        while true {
            let count = recv(connection, &buffer, buffer.count, 0)
            guard count > 0 else { return nil }
            bytes += buffer[..<count]
            let text = String(decoding: bytes, as: UTF8.self)
            guard let end = text.firstRange(of: "\r\n\r\n") else { continue }
            let lines = text[..<end.lowerBound].split(separator: "\r\n").map(String.init)
            let fields = lines.dropFirst().compactMap { line in
                line.firstIndex(of: ":").map {
                    (line[..<$0].lowercased(), String(line[line.index($0, offsetBy: 2)...]))
                }
            }
            let request = Request(
                line: lines[0], fields: Dictionary(fields) { $1 }, body: String(text[end.upperBound...]))
            if request.body.utf8.count >= Int(request.fields["content-length"] ?? "0") ?? 0 { return request }
        }
    }

    private static func send(_ text: String, _ connection: Int32) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }
}

/// An answer as text.
func answer(_ status: String, _ fields: [String] = [], body: String = "", length: Int? = nil) -> String {
    let head = ["HTTP/1.1 \(status)", "Content-Length: \(length ?? body.utf8.count)", "Connection: close"] + fields
    return head.joined(separator: "\r\n") + "\r\n\r\n" + body
}
