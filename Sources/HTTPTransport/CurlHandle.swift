import CCurl

/// Owns one easy handle and the memory that its options point to.
/// `@unchecked Sendable`: used by one thread at a time, that of its actor's executor or of its loop.
final class CurlHandle: @unchecked Sendable {
    /// libcurl wants its global state set up once, before any handle.
    private static let globalResult = pipeline_curl_global_init()

    let curl: UnsafeMutableRawPointer
    private var headers: UnsafeMutablePointer<curl_slist>?
    private var connectTo: UnsafeMutablePointer<curl_slist>?
    private let errorBuffer = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))

    init() throws(HTTPTransportError) {
        guard Self.globalResult == CURLE_OK, let curl = curl_easy_init() else {
            throw HTTPTransportError(.connectionFailed, "libcurl could not be initialised")
        }
        self.curl = curl
    }

    deinit {
        curl_easy_cleanup(curl)
        freeLists()
        errorBuffer.deallocate()
    }

    var errorText: String { String(cString: errorBuffer) }

    /// Forgets all options; the connection cache stays.
    func reset() {
        curl_easy_reset(curl)
        freeLists()
        errorBuffer[0] = 0
    }

    private func freeLists() {
        curl_slist_free_all(headers)
        curl_slist_free_all(connectTo)
        (headers, connectTo) = (nil, nil)
    }

    func configure(_ request: HTTPRequest, settings: CurlSettings) throws(HTTPTransportError) {
        errorBuffer[0] = 0
        try check(pipeline_curl_set_pointer(curl, CURLOPT_ERRORBUFFER, errorBuffer))
        try settings.apply(to: self, url: request.url)
        try configure(settings.route(request.url), request.headers)
        // Signals would be delivered to any thread of this process.
        try set(CURLOPT_NOSIGNAL, 1)
        try set(CURLOPT_PROTOCOLS_STR, "http,https")
        try set(CURLOPT_REDIR_PROTOCOLS_STR, "http,https")
        try set(CURLOPT_FOLLOWLOCATION, request.limits.redirects > 0 ? 1 : 0)
        try set(CURLOPT_MAXREDIRS, request.limits.redirects)
        try configure(request.limits)
        try configureMethod(of: request)
        if let size = request.receiveBuffer { try set(CURLOPT_BUFFERSIZE, size) }
    }

    private func configure(_ route: CurlRoute, _ fields: HTTPHeaders) throws(HTTPTransportError) {
        try set(CURLOPT_URL, route.url)
        headers = headerList(fields)
        if let host = route.host, fields["Host"] == nil { headers = curl_slist_append(headers, "Host: \(host)") }
        try check(pipeline_curl_set_pointer(curl, CURLOPT_HTTPHEADER, headers))
        guard let place = route.connectTo else { return }
        connectTo = curl_slist_append(nil, place)
        try check(pipeline_curl_set_pointer(curl, CURLOPT_CONNECT_TO, connectTo))
    }

    private func configure(_ limits: HTTPRequest.Limits) throws(HTTPTransportError) {
        try set(CURLOPT_CONNECTTIMEOUT_MS, limits.connect.wholeMilliseconds)
        if let idle = limits.idle {
            try set(CURLOPT_LOW_SPEED_LIMIT, 1)
            try set(CURLOPT_LOW_SPEED_TIME, max(1, idle.wholeMilliseconds / 1_000))
        }
        if let total = limits.total { try set(CURLOPT_TIMEOUT_MS, total.wholeMilliseconds) }
    }

    private func configureMethod(of request: HTTPRequest) throws(HTTPTransportError) {
        if request.method == "HEAD" {
            try set(CURLOPT_NOBODY, 1)
        } else if request.method != "GET" || request.body != nil {
            try set(CURLOPT_CUSTOMREQUEST, request.method)
        }
    }

    /// Runs the transfer on this thread; the body lives as long as it.
    func perform(_ request: HTTPRequest, _ transfer: CurlTransfer) throws(HTTPTransportError) -> CURLcode {
        try attach(transfer)
        try watchCancellation(of: transfer)
        let body = request.body ?? []
        let result = body.withUnsafeBytes { bytes -> Result<CURLcode, HTTPTransportError> in
            Result { () throws(HTTPTransportError) in
                if request.body != nil { try setBody(bytes) }
                return withExtendedLifetime(transfer) { curl_easy_perform(curl) }
            }
        }
        return try result.get()
    }

    /// One connection for many transfers where HTTP/2 allows it: a transfer waits for the handshake of another rather
    /// than open a second one. Only with TLS, which tells; without, libcurl would wait until the other transfer ends.
    /// The kernel finds out that the other side is gone where nobody sends anything for long.
    func shareConnections(for url: String) throws(HTTPTransportError) {
        try set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_2TLS))
        try set(CURLOPT_PIPEWAIT, url.hasPrefix("https://") ? 1 : 0)
        try set(CURLOPT_TCP_KEEPALIVE, 1)
        try set(CURLOPT_TCP_KEEPIDLE, 30)
        try set(CURLOPT_TCP_KEEPINTVL, 10)
    }

    /// ``connect`` will stop when the connection (through a proxy's tunnel, with TLS) stands; HTTP/1 is what is spoken.
    func connectOnly() throws(HTTPTransportError) {
        try set(CURLOPT_CONNECT_ONLY, 1)
        try set(CURLOPT_HTTPPROXYTUNNEL, 1)
        try set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
    }

    /// Blocks until the connection stands or failed.
    func connect(_ transfer: CurlTransfer) throws(HTTPTransportError) -> CURLcode {
        try watchCancellation(of: transfer)
        return withExtendedLifetime(transfer) { curl_easy_perform(curl) }
    }

    /// The socket of the connection; -1 where it is gone.
    var activeSocket: Int32 {
        var socket: Int32 = -1
        _ = pipeline_curl_get_socket(curl, &socket)
        return socket
    }

    private func setBody(_ bytes: UnsafeRawBufferPointer) throws(HTTPTransportError) {
        try check(pipeline_curl_set_offset(curl, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(bytes.count)))
        let start = UnsafeMutableRawPointer(mutating: bytes.baseAddress) ?? UnsafeMutableRawPointer(errorBuffer)
        try check(pipeline_curl_set_pointer(curl, CURLOPT_POSTFIELDS, start))
    }

    /// Hands the body over for a transfer that another call runs.
    func copyBody(of request: HTTPRequest) throws(HTTPTransportError) {
        guard let body = request.body else { return }
        try check(pipeline_curl_set_offset(curl, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(body.count)))
        let code = body.withUnsafeBytes { bytes in
            let start = UnsafeMutableRawPointer(mutating: bytes.baseAddress) ?? UnsafeMutableRawPointer(errorBuffer)
            return pipeline_curl_set_pointer(curl, CURLOPT_COPYPOSTFIELDS, start)
        }
        try check(code)
    }

    /// What is received goes to `transfer`, which the caller keeps alive.
    func attach(_ transfer: CurlTransfer) throws(HTTPTransportError) {
        let context = Unmanaged.passUnretained(transfer).toOpaque()
        try check(pipeline_curl_set_data_function(curl, CURLOPT_HEADERFUNCTION, receiveHeaderLine))
        try check(pipeline_curl_set_pointer(curl, CURLOPT_HEADERDATA, context))
        try check(pipeline_curl_set_data_function(curl, CURLOPT_WRITEFUNCTION, receiveBody))
        try check(pipeline_curl_set_pointer(curl, CURLOPT_WRITEDATA, context))
    }

    private func watchCancellation(of transfer: CurlTransfer) throws(HTTPTransportError) {
        let context = Unmanaged.passUnretained(transfer).toOpaque()
        try check(pipeline_curl_set_progress_function(curl, checkCancellation))
        try check(pipeline_curl_set_pointer(curl, CURLOPT_XFERINFODATA, context))
        try set(CURLOPT_NOPROGRESS, 0)
    }

    private func headerList(_ headers: HTTPHeaders) -> UnsafeMutablePointer<curl_slist>? {
        var list: UnsafeMutablePointer<curl_slist>?
        for field in headers.fields { list = curl_slist_append(list, "\(field.name): \(field.value)") }
        return list
    }

    func set(_ option: CURLoption, _ value: Int) throws(HTTPTransportError) {
        try check(pipeline_curl_set_long(curl, option, value))
    }

    func set(_ option: CURLoption, _ value: String) throws(HTTPTransportError) {
        try check(pipeline_curl_set_string(curl, option, value))
    }

    /// The caller keeps `bytes` alive.
    func set(_ option: CURLoption, _ bytes: PinnedBytes) throws(HTTPTransportError) {
        try check(pipeline_curl_set_blob(curl, option, bytes.buffer.baseAddress, bytes.buffer.count))
    }

    private func check(_ code: CURLcode) throws(HTTPTransportError) {
        guard code != CURLE_OK else { return }
        throw HTTPTransportError(.invalidURL, "libcurl refused an option: \(String(cString: curl_easy_strerror(code)))")
    }
}

extension Duration {
    /// Milliseconds, rounded towards zero, within what libcurl takes.
    var wholeMilliseconds: Int {
        let (seconds, attoseconds) = components
        return Int(min(seconds, 1_000_000_000)) * 1_000 + Int(attoseconds / 1_000_000_000_000_000)
    }
}

private func receiveHeaderLine(
    _ data: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
    guard let context, let data else { return 0 }
    let line = UnsafeRawBufferPointer(start: data, count: size * count)
    return Unmanaged<CurlTransfer>.fromOpaque(context).takeUnretainedValue().receive(headerLine: line)
        ? size * count : 0
}

private func receiveBody(
    _ data: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
    guard let context, let data else { return 0 }
    let chunk = UnsafeRawBufferPointer(start: data, count: size * count)
    return Unmanaged<CurlTransfer>.fromOpaque(context).takeUnretainedValue().receive(chunk: chunk) ? size * count : 0
}

/// Called at least about once a second during a transfer; a non-zero answer ends it.
private func checkCancellation(
    _ context: UnsafeMutableRawPointer?, _: curl_off_t, _: curl_off_t, _: curl_off_t, _: curl_off_t
) -> Int32 {
    guard let context else { return 0 }
    return Unmanaged<CurlTransfer>.fromOpaque(context).takeUnretainedValue().isCancelled ? 1 : 0
}
