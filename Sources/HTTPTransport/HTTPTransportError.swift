/// Why an exchange failed.
package struct HTTPTransportError: Error, CustomStringConvertible {
    package enum Code: Sendable, Hashable {
        /// The URL is not an absolute `http` or `https` URL.
        case invalidURL
        /// The host's name has no address.
        case unresolvedHost
        /// No connection, or it broke before the response was complete.
        case connectionFailed
        /// The certificate or the TLS handshake was refused.
        case tlsFailed
        /// A time limit of the request passed.
        case timeout
        /// The server's answer is not HTTP, or does not fit the request.
        case invalidResponse
        /// The server answered with an error status.
        case status(Int)
        /// More bytes than the caller allows.
        case tooLarge
        /// The task was cancelled.
        case cancelled
        /// The caller's own receiver failed; see `cause`.
        case receiverFailed
        /// A file could not be written or read.
        case fileFailed
    }

    package var code: Code
    /// What happened, with the host but without credentials and query.
    package var message: String
    package var cause: (any Error)?

    package init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }

    package var description: String { cause.map { "\(message): \($0)" } ?? message }

    /// Whether trying again may help.
    package var isTransient: Bool {
        switch code {
        case .unresolvedHost, .connectionFailed, .timeout: true
        case .status(let status): HTTPResponseHead(status: status).isTransientFailure
        default: false
        }
    }
}

extension HTTPRequest {
    func checkScheme() throws(HTTPTransportError) {
        guard url.hasPrefix("http://") || url.hasPrefix("https://") else {
            throw HTTPTransportError(.invalidURL, "\(Self.redacted(url)) is not an http or https URL")
        }
    }

    /// The URL as it may be shown: without user, password, query and fragment.
    package static func redacted(_ url: String) -> String {
        let path = url.prefix { $0 != "?" && $0 != "#" }
        guard let scheme = path.firstRange(of: "://") else { return String(path) }
        let rest = path[scheme.upperBound...]
        let authority = rest.prefix { $0 != "/" }
        guard let at = authority.lastIndex(of: "@") else { return String(path) }
        return String(path[..<scheme.upperBound]) + String(rest[rest.index(after: at)...])
    }
}
