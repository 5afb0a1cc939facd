import Glibc
import HTTPTransport

/// One connection of the loopback server: bytes in, requests out; parts in, bytes out.
final class ServerConnection {
    enum Next {
        case incomplete
        /// The client waits for leave to send its body.
        case proceed
        case bad(String)
        case request(HTTPRequest)
    }

    enum WriteResult { case done, blocked, failed }

    private static let receiveFlags = Int32(MSG_DONTWAIT)
    private static let sendFlags = Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT)
    private static let headLimit = 1 << 16
    private static let bodyLimit = 1 << 24

    let descriptor: Int32
    let number: Int
    /// The exchange that is answered; 0 while it is being opened.
    var exchange: Int?
    var isClosing = false
    var isWriting = false
    var isTouched = false
    private var input: [UInt8] = []
    private var output: [UInt8] = []
    private var written = 0
    private var wasToldToProceed = false
    private var closesAfterAnswer = false
    /// The head and the beginning of a body whose form is not settled: whole, or in chunks.
    private var pending: (head: HTTPResponseHead, body: [UInt8])?
    private var isChunked = false

    init(_ descriptor: Int32, number: Int) {
        self.descriptor = descriptor
        self.number = number
        var on: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
    }

    // MARK: Requests

    /// Reads what is there; false where the client is gone.
    func read() -> Bool {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, Self.receiveFlags)
            if count > 0 { input += buffer[..<count] }
            if count == 0 { return false }
            if count < 0 { return errno == EAGAIN || errno == EINTR }
            if count < buffer.count { return true }
        }
    }

    func nextRequest() -> Next {
        guard let end = headEnd() else {
            return input.count > Self.headLimit ? .bad("431 Request Header Fields Too Large") : .incomplete
        }
        let lines = String(decoding: input[..<end], as: UTF8.self).split(separator: "\r\n")
        guard let words = lines.first?.split(separator: " "), words.count == 3 else { return .bad("400 Bad Request") }
        var headers = HTTPHeaders()
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { return .bad("400 Bad Request") }
            headers.append(String(line[..<colon]), String(line[line.index(after: colon)...].drop { $0 == " " }))
        }
        if headers["Transfer-Encoding"] != nil { return .bad("411 Length Required") }
        let length = Int(headers["Content-Length"] ?? "0") ?? -1
        guard (0...Self.bodyLimit).contains(length) else { return .bad("413 Payload Too Large") }
        guard input.count >= end + 4 + length else {
            guard headers["Expect"] != nil, !wasToldToProceed else { return .incomplete }
            wasToldToProceed = true
            return .proceed
        }
        wasToldToProceed = false
        closesAfterAnswer = headers["Connection"]?.lowercased() == "close"
        let body = Array(input[(end + 4)..<(end + 4 + length)])
        input.removeFirst(end + 4 + length)
        return .request(HTTPRequest(method: String(words[0]), url: String(words[1]), headers: headers, body: body))
    }

    private func headEnd() -> Int? {
        guard input.count >= 4 else { return nil }
        return (0...(input.count - 4)).first {
            input[$0] == 13 && input[$0 + 1] == 10 && input[$0 + 2] == 13 && input[$0 + 3] == 10
        }
    }

    // MARK: Answers

    func take(_ part: ExchangeOutput.Part) {
        switch part {
        case .head(let head): pending = (head, [])
        case .bytes(let bytes) where pending != nil: pending?.body += bytes
        case .bytes(let bytes): chunk(bytes)
        case .end: finish()
        case .failure: breakOff()
        }
    }

    /// The form of a body that is not over by now is chunked.
    func flushHead() {
        guard let (head, body) = pending else { return }
        pending = nil
        isChunked = true
        append(head, "Transfer-Encoding: chunked")
        chunk(body)
    }

    private func finish() {
        if let (head, body) = pending {
            pending = nil
            append(head, head.status == 204 ? nil : "Content-Length: \(body.count)")
            output += body
        } else if isChunked {
            append("0\r\n\r\n")
        }
        isChunked = false
        exchange = nil
        isClosing = isClosing || closesAfterAnswer
    }

    private func breakOff() {
        flushHead()
        exchange = nil
        isClosing = true
    }

    private func chunk(_ bytes: [UInt8]) {
        guard !bytes.isEmpty else { return }
        append(String(bytes.count, radix: 16) + "\r\n")
        output += bytes
        append("\r\n")
    }

    private func append(_ head: HTTPResponseHead, _ framing: String?) {
        append("HTTP/1.1 \(head.status) \(Self.phrase(head.status))\r\n")
        for field in head.headers.fields { append("\(field.name): \(field.value)\r\n") }
        append((framing.map { "\($0)\r\n" } ?? "") + "\r\n")
    }

    private static func phrase(_ status: Int) -> String {
        switch status {
        case 200: "OK"
        case 201: "Created"
        case 204: "No Content"
        default: "Status"
        }
    }

    func append(_ text: String) { output += text.utf8 }

    func write() -> WriteResult {
        while written < output.count {
            let count = output.withUnsafeBytes { bytes in
                let rest = UnsafeRawBufferPointer(rebasing: bytes[written...])
                return send(descriptor, rest.baseAddress, rest.count, Self.sendFlags)
            }
            if count < 0, errno == EINTR { continue }
            if count < 0 { return errno == EAGAIN ? .blocked : .failed }
            written += count
        }
        output.removeAll(keepingCapacity: output.capacity < 1 << 16)
        written = 0
        return .done
    }

    func close() { Glibc.close(descriptor) }

    /// Closes with a reset instead of an end.
    static func reset(_ descriptor: Int32) {
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        Glibc.close(descriptor)
    }
}
