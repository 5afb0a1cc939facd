/// A connection that carries bytes both ways, for protocols that begin as HTTP and go on as something else.
package protocol ByteStream: Sendable {
    /// What comes in, once; ends when the peer ends, throws ``HTTPTransportError`` when the connection breaks.
    var incoming: AsyncThrowingStream<[UInt8], any Error> { get }
    /// Puts bytes in line to be sent; a connection that is gone shows in ``incoming``.
    func send(_ bytes: [UInt8])
    /// Ends the connection.
    func close()
}

/// Opens connections for ``ByteStream``s.
package protocol ByteStreamConnector: Sendable {
    /// Connects to the host of `url`, with TLS where it is `https`; sends nothing of HTTP yet.
    func connect(
        to url: String, limits: HTTPRequest.Limits
    ) async throws(HTTPTransportError) -> any ByteStream
}
