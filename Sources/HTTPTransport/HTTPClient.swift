/// Takes a response as it comes in. Throwing ends the transfer.
package protocol HTTPResponseReceiver: AnyObject, Sendable {
    /// Called once, with the head of the final response (redirects are followed before).
    func receive(head: HTTPResponseHead) throws
    /// Called for each piece of the body; the bytes are valid during the call only.
    func receive(chunk: UnsafeRawBufferPointer) throws
}

/// Performs HTTP exchanges. The seam between what a request means and how bytes travel.
package protocol HTTPClient: Sendable {
    /// Sends `request` and hands the response to `receiver`. Any status is a response, not an error.
    /// Cancelling the task ends the transfer with `cancelled`.
    func perform(
        _ request: HTTPRequest, receiver: any HTTPResponseReceiver
    ) async throws(HTTPTransportError) -> HTTPResponseHead
}

extension HTTPClient {
    /// Sends `request` and collects the body, which may have at most `bodyLimit` bytes.
    package func send(
        _ request: HTTPRequest, bodyLimit: Int = 16 << 20
    ) async throws(HTTPTransportError) -> HTTPResponse {
        let collector = BodyCollector(limit: bodyLimit)
        let head = try await perform(request, receiver: collector)
        return HTTPResponse(head: head, body: collector.bytes)
    }
}
