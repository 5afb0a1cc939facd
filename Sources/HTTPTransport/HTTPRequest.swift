/// One HTTP request as a value, so that builders can be compared in tests without a server.
package struct HTTPRequest: Sendable, Hashable {
    package var method: String
    /// Absolute `http` or `https` URL.
    package var url: String
    package var headers: HTTPHeaders
    package var body: [UInt8]?
    package var limits: Limits
    /// Bytes that wait at most in the client's memory for the receiver; `nil`: what suits a short exchange. Streams
    /// that live long and say little ask for few.
    package var receiveBuffer: Int?

    package init(
        method: String = "GET", url: String, headers: HTTPHeaders = [:], body: [UInt8]? = nil,
        limits: Limits = Limits(), receiveBuffer: Int? = nil
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.limits = limits
        self.receiveBuffer = receiveBuffer
    }

    /// How long an exchange may take before it is given up.
    package struct Limits: Sendable, Hashable {
        /// Until the connection (with TLS) stands.
        package var connect: Duration
        /// Without a byte received; a slow but living download is not cut. `nil` sets no limit.
        package var idle: Duration?
        /// For the whole exchange; `nil` sets no limit.
        package var total: Duration?
        /// Redirects that are followed.
        package var redirects: Int

        package init(
            connect: Duration = .seconds(20), idle: Duration? = .seconds(60), total: Duration? = nil,
            redirects: Int = 10
        ) {
            self.connect = connect
            self.idle = idle
            self.total = total
            self.redirects = redirects
        }
    }
}
