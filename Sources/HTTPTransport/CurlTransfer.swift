import CCurl
import Synchronization

/// What libcurl's callbacks fill during one transfer.
/// `@unchecked Sendable`: only `cancelled`, an atomic, is touched from another thread than the one that transfers.
final class CurlTransfer: @unchecked Sendable {
    /// More header lines than this are no honest answer.
    private static let headerLineLimit = 512

    private let receiver: any HTTPResponseReceiver
    private let cancelled = Atomic<Bool>(false)
    private var head: HTTPResponseHead?
    private var headDelivered = false
    private var headerLines = 0
    private var failure: (any Error)?

    init(receiver: any HTTPResponseReceiver) { self.receiver = receiver }

    var isCancelled: Bool { cancelled.load(ordering: .relaxed) }

    func cancel() { cancelled.store(true, ordering: .relaxed) }

    /// Takes one line of a response head; a new status line (redirect, 100-continue) starts afresh.
    func receive(headerLine bytes: UnsafeRawBufferPointer) -> Bool {
        headerLines += 1
        guard headerLines <= Self.headerLineLimit else { return false }
        let line = String(decoding: bytes, as: UTF8.self).trimmingLineEnd()
        if line.hasPrefix("HTTP/") {
            head = HTTPResponseHead(status: line.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0)
        } else if let colon = line.firstIndex(of: ":") {
            head?.headers.append(String(line[..<colon]), line[line.index(after: colon)...].trimmingBlanks())
        }
        return true
    }

    func receive(chunk: UnsafeRawBufferPointer) -> Bool {
        attempt {
            try deliverHead()
            try receiver.receive(chunk: chunk)
        }
    }

    /// The final head, or the error that `code` stands for.
    func outcome(of code: CURLcode, detail: String, url: String) throws(HTTPTransportError) -> HTTPResponseHead {
        if isCancelled { throw HTTPTransportError(.cancelled, "the transfer was cancelled") }
        if code == CURLE_OK { _ = attempt { try deliverHead() } }
        if let failure { throw Self.error(from: failure) }
        guard code == CURLE_OK else { throw Self.error(from: code, detail: detail, url: url) }
        guard let head, head.status > 0 else {
            throw HTTPTransportError(.invalidResponse, "\(HTTPRequest.redacted(url)): the answer is not HTTP")
        }
        return head
    }

    private func deliverHead() throws {
        guard !headDelivered, let head else { return }
        headDelivered = true
        try receiver.receive(head: head)
    }

    private func attempt(_ work: () throws -> Void) -> Bool {
        guard failure == nil else { return false }
        do {
            try work()
            return true
        } catch {
            failure = error
            return false
        }
    }

    private static func error(from failure: any Error) -> HTTPTransportError {
        failure as? HTTPTransportError
            ?? HTTPTransportError(.receiverFailed, "the response could not be taken", cause: failure)
    }

    static func error(from code: CURLcode, detail: String, url: String) -> HTTPTransportError {
        let reason = detail.isEmpty ? String(cString: curl_easy_strerror(code)) : detail
        let message = "\(HTTPRequest.redacted(url)): \(reason)"
        return HTTPTransportError(kind(of: code), message)
    }

    private static func kind(of code: CURLcode) -> HTTPTransportError.Code {
        switch code {
        case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL: .invalidURL
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: .unresolvedHost
        case CURLE_OPERATION_TIMEDOUT: .timeout
        case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CERTPROBLEM,
            CURLE_SSL_ISSUER_ERROR, CURLE_SSL_CIPHER, CURLE_SSL_INVALIDCERTSTATUS:
            .tlsFailed
        case CURLE_WEIRD_SERVER_REPLY, CURLE_TOO_MANY_REDIRECTS: .invalidResponse
        default: .connectionFailed
        }
    }
}

extension StringProtocol {
    fileprivate func trimmingLineEnd() -> String {
        var text = Substring(self)
        while let last = text.unicodeScalars.last, last == "\r" || last == "\n" { text.unicodeScalars.removeLast() }
        return String(text)
    }

    fileprivate func trimmingBlanks() -> String {
        var text = Substring(self)
        while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return String(text)
    }
}
