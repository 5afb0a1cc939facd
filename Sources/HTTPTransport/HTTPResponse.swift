/// Status line and header fields of a response, known before its body.
package struct HTTPResponseHead: Sendable, Hashable {
    package var status: Int
    package var headers: HTTPHeaders

    package init(status: Int, headers: HTTPHeaders = [:]) {
        self.status = status
        self.headers = headers
    }

    package var isSuccess: Bool { (200..<300).contains(status) }

    /// Whether the same request may succeed later: overload and server faults (RFC 9110, sections 15.5 and 15.6).
    package var isTransientFailure: Bool { [408, 425, 429, 500, 502, 503, 504].contains(status) }

    /// What tells this version of the resource from others: its strong `ETag`, else its `Last-Modified` (RFC 9110,
    /// section 8.8); `nil` when the server gives neither.
    package var validator: String? {
        headers["ETag"].flatMap { $0.hasPrefix("W/") ? nil : $0 } ?? headers["Last-Modified"]
    }

    /// The delay that the server asks for, in its form of seconds; dates are not read.
    package var retryAfter: Duration? {
        headers["Retry-After"].flatMap { Int($0) }.map { .seconds(max(0, $0)) }
    }
}

/// A response with its whole body.
package struct HTTPResponse: Sendable, Hashable {
    package var head: HTTPResponseHead
    package var body: [UInt8]

    package init(head: HTTPResponseHead, body: [UInt8]) {
        self.head = head
        self.body = body
    }
}
