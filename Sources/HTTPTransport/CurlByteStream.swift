import CCurl
import Glibc
import Synchronization

/// Opens ``ByteStream``s with libcurl's TLS and proxies; each has a thread of its own while it lives.
package struct CurlByteStreamConnector: ByteStreamConnector {
    private let settings: CurlSettings

    package init(_ settings: HTTPClientSettings = HTTPClientSettings()) { self.settings = CurlSettings(settings) }

    package func connect(
        to url: String, limits: HTTPRequest.Limits
    ) async throws(HTTPTransportError) -> any ByteStream {
        let request = HTTPRequest(url: url, limits: limits)
        try request.checkScheme()
        let handle = try CurlHandle()
        try handle.configure(request, settings: settings)
        try handle.connectOnly()
        let stream = try CurlByteStream(url: url, settings)
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { stream.start(handle, $0) }
        } onCancel: {
            stream.close()
        }
        try result.get()
        return stream
    }
}

/// One connection of `CURLOPT_CONNECT_ONLY`.
/// `@unchecked Sendable`: `waiter` is safe to wake from any thread, and only the stream's own thread waits with it.
final class CurlByteStream: ByteStream, @unchecked Sendable {
    /// Bytes that may wait for their consumer, or to be sent.
    static let pendingLimit = 64 << 20
    private static let chunkSize = 32 << 10
    private static let pollMilliseconds: Int32 = 600_000

    private struct Outbox {
        var bytes: [UInt8] = []
        var isClosed = false
    }

    let incoming: AsyncThrowingStream<[UInt8], any Error>
    private let output: AsyncThrowingStream<[UInt8], any Error>.Continuation
    private let settings: CurlSettings
    private let transfer = CurlTransfer(receiver: BodyCollector(limit: 0))
    private let url: String
    /// Holds no transfer: it waits for the socket and for `curl_multi_wakeup`, which any thread may call.
    private let waiter: UnsafeMutableRawPointer
    private let outbox = Mutex(Outbox())

    init(url: String, _ settings: CurlSettings) throws(HTTPTransportError) {
        self.settings = settings
        self.url = url
        guard let waiter = curl_multi_init() else {
            throw HTTPTransportError(.connectionFailed, "libcurl could not be initialised")
        }
        self.waiter = waiter
        (incoming, output) = AsyncThrowingStream.makeStream()
        output.onTermination = { [weak self] _ in self?.close() }
    }

    deinit { curl_multi_cleanup(waiter) }

    func send(_ bytes: [UInt8]) {
        outbox.withLock { $0.bytes += bytes }
        curl_multi_wakeup(waiter)
    }

    func close() {
        transfer.cancel()
        outbox.withLock { $0.isClosed = true }
        curl_multi_wakeup(waiter)
    }

    /// Connects and pumps on a new thread, with whose end `handle` and its connection go.
    func start(_ handle: CurlHandle, _ connected: Connected) {
        let launch = Launch { [self] in run(handle, connected) }
        let context = Unmanaged.passRetained(launch).toOpaque()
        var thread = pthread_t()
        let code = pthread_create(
            &thread, nil,
            { context in
                if let context { Unmanaged<Launch>.fromOpaque(context).takeRetainedValue().run() }
                return nil
            }, context)
        precondition(code == 0, "no thread for a connection: \(String(cString: strerror(code)))")
        pthread_detach(thread)
    }

    typealias Connected = CheckedContinuation<Result<Void, HTTPTransportError>, Never>

    private final class Launch: Sendable {
        let run: @Sendable () -> Void
        init(run: @escaping @Sendable () -> Void) { self.run = run }
    }

    private func run(_ handle: CurlHandle, _ connected: Connected) {
        let opened = Result { () throws(HTTPTransportError) in try open(handle) }
        connected.resume(returning: opened)
        guard case .success = opened else { return output.finish() }
        do throws(HTTPTransportError) {
            try pump(handle)
            output.finish()
        } catch {
            output.finish(throwing: error)
        }
    }

    private func open(_ handle: CurlHandle) throws(HTTPTransportError) {
        let code = try handle.connect(transfer)
        if transfer.isCancelled { throw HTTPTransportError(.cancelled, "the connection was cancelled") }
        guard code == CURLE_OK else { throw CurlTransfer.error(from: code, detail: handle.errorText, url: url) }
    }

    /// Sends and receives until one side ends.
    private func pump(_ handle: CurlHandle) throws(HTTPTransportError) {
        while true {
            guard try receiveAll(handle) else { return }
            let (isClosed, hasMore) = try sendSome(handle)
            if isClosed { return }
            waitForWork(handle, writing: hasMore)
        }
    }

    /// `false` at the end of the stream.
    private func receiveAll(_ handle: CurlHandle) throws(HTTPTransportError) -> Bool {
        var buffer = [UInt8](repeating: 0, count: Self.chunkSize)
        while true {
            var count = 0
            let code = curl_easy_recv(handle.curl, &buffer, buffer.count, &count)
            if code == CURLE_AGAIN { return true }
            guard code == CURLE_OK else { throw CurlTransfer.error(from: code, detail: handle.errorText, url: url) }
            if count == 0 { return false }
            output.yield(Array(buffer[..<count]))
        }
    }

    private func sendSome(_ handle: CurlHandle) throws(HTTPTransportError) -> (isClosed: Bool, hasMore: Bool) {
        let (bytes, isClosed) = outbox.withLock { ($0.bytes, $0.isClosed) }
        guard !isClosed, !bytes.isEmpty else { return (isClosed, false) }
        guard bytes.count <= Self.pendingLimit else {
            throw HTTPTransportError(.tooLarge, "more than \(Self.pendingLimit) bytes wait to be sent")
        }
        var count = 0
        let code = curl_easy_send(handle.curl, bytes, bytes.count, &count)
        guard code == CURLE_OK || code == CURLE_AGAIN else {
            throw CurlTransfer.error(from: code, detail: handle.errorText, url: url)
        }
        let rest = outbox.withLock { box in
            box.bytes.removeFirst(count)
            return box.bytes.count
        }
        return (false, rest > 0)
    }

    private func waitForWork(_ handle: CurlHandle, writing: Bool) {
        let events = Int16(CURL_WAIT_POLLIN) | (writing ? Int16(CURL_WAIT_POLLOUT) : 0)
        var socket = curl_waitfd(fd: handle.activeSocket, events: events, revents: 0)
        _ = curl_multi_poll(waiter, &socket, 1, Self.pollMilliseconds, nil)
    }
}
