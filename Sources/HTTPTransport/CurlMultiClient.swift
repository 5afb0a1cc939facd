import CCurl

/// HTTP over libcurl with any number of transfers at once on one thread. They share connections: HTTP/2 streams where
/// the server offers it over TLS, kept-alive connections otherwise.
package final class CurlMultiClient: HTTPClient {
    private let loop: CurlMultiLoop

    package init(_ settings: HTTPClientSettings = HTTPClientSettings()) throws(HTTPTransportError) {
        loop = try CurlMultiLoop(settings: CurlSettings(settings))
        loop.start()
    }

    deinit { loop.stop() }

    /// The receiver is called on the client's thread, which serves all transfers: it must be quick.
    package func perform(
        _ request: HTTPRequest, receiver: any HTTPResponseReceiver
    ) async throws(HTTPTransportError) -> HTTPResponseHead {
        try request.checkScheme()
        let transfer = CurlTransfer(receiver: receiver)
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                loop.add(CurlMultiJob(request: request, transfer: transfer, continuation: continuation))
            }
        } onCancel: {
            transfer.cancel()
            loop.cancel(transfer)
        }
        return try result.get()
    }
}

/// One transfer on its way to the loop.
struct CurlMultiJob: Sendable {
    var request: HTTPRequest
    var transfer: CurlTransfer
    var continuation: CheckedContinuation<Result<HTTPResponseHead, HTTPTransportError>, Never>
}
