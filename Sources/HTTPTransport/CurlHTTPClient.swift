import CCurl

/// HTTP over libcurl. One connection cache and one transfer at a time; make several clients to work in parallel.
package actor CurlHTTPClient: HTTPClient {
    private let executor = BlockingExecutor(label: "pipeline.http")
    private let handle: CurlHandle
    private let settings: CurlSettings

    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    package init(userAgent: String = "pipeline") throws(HTTPTransportError) {
        settings = CurlSettings(HTTPClientSettings(userAgent: userAgent))
        handle = try CurlHandle()
    }

    package func perform(
        _ request: HTTPRequest, receiver: any HTTPResponseReceiver
    ) async throws(HTTPTransportError) -> HTTPResponseHead {
        let transfer = CurlTransfer(receiver: receiver)
        let result = await withTaskCancellationHandler {
            Result { () throws(HTTPTransportError) in try run(request, transfer) }
        } onCancel: {
            transfer.cancel()
        }
        return try result.get()
    }

    private func run(_ request: HTTPRequest, _ transfer: CurlTransfer) throws(HTTPTransportError) -> HTTPResponseHead {
        try request.checkScheme()
        handle.reset()
        try handle.configure(request, settings: settings)
        let code = try handle.perform(request, transfer)
        return try transfer.outcome(of: code, detail: handle.errorText, url: request.url)
    }
}
