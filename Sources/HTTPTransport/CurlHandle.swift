import CCurl

/// Owns one easy handle and the memory that its options point to.
/// `@unchecked Sendable`: made by and used from one actor only, whose executor runs one job at a time.
final class CurlHandle: @unchecked Sendable {
    /// libcurl wants its global state set up once, before any handle.
    private static let globalResult = pipeline_curl_global_init()

    private let curl: UnsafeMutableRawPointer
    private let errorBuffer = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))

    init() throws(HTTPTransportError) {
        guard Self.globalResult == CURLE_OK, let curl = curl_easy_init() else {
            throw HTTPTransportError(.connectionFailed, "libcurl could not be initialised")
        }
        self.curl = curl
    }

    deinit {
        curl_easy_cleanup(curl)
        errorBuffer.deallocate()
    }

    var errorText: String { String(cString: errorBuffer) }

    /// Forgets all options; the connection cache stays.
    func reset() {
        curl_easy_reset(curl)
        errorBuffer[0] = 0
    }

    func configure(_ request: HTTPRequest, userAgent: String) throws(HTTPTransportError) {
        try check(pipeline_curl_set_pointer(curl, CURLOPT_ERRORBUFFER, errorBuffer))
        try set(CURLOPT_URL, request.url)
        try set(CURLOPT_USERAGENT, userAgent)
        // Signals would be delivered to any thread of this process.
        try set(CURLOPT_NOSIGNAL, 1)
        try set(CURLOPT_PROTOCOLS_STR, "http,https")
        try set(CURLOPT_REDIR_PROTOCOLS_STR, "http,https")
        try set(CURLOPT_FOLLOWLOCATION, request.limits.redirects > 0 ? 1 : 0)
        try set(CURLOPT_MAXREDIRS, request.limits.redirects)
        try configure(request.limits)
        try configureMethod(of: request)
    }

    private func configure(_ limits: HTTPRequest.Limits) throws(HTTPTransportError) {
        try set(CURLOPT_CONNECTTIMEOUT_MS, limits.connect.wholeMilliseconds)
        try set(CURLOPT_LOW_SPEED_LIMIT, 1)
        try set(CURLOPT_LOW_SPEED_TIME, max(1, limits.idle.wholeMilliseconds / 1_000))
        if let total = limits.total { try set(CURLOPT_TIMEOUT_MS, total.wholeMilliseconds) }
    }

    private func configureMethod(of request: HTTPRequest) throws(HTTPTransportError) {
        if request.method == "HEAD" {
            try set(CURLOPT_NOBODY, 1)
        } else if request.method != "GET" || request.body != nil {
            try set(CURLOPT_CUSTOMREQUEST, request.method)
        }
    }

    /// Runs the transfer; the body and the header list live as long as it.
    func perform(_ request: HTTPRequest, _ transfer: CurlTransfer) throws(HTTPTransportError) -> CURLcode {
        let list = headerList(request.headers)
        defer { curl_slist_free_all(list) }
        try check(pipeline_curl_set_pointer(curl, CURLOPT_HTTPHEADER, list))
        try attach(transfer)
        let body = request.body ?? []
        let result = body.withUnsafeBytes { bytes -> Result<CURLcode, HTTPTransportError> in
            Result { () throws(HTTPTransportError) in
                if request.body != nil { try setBody(bytes) }
                return withExtendedLifetime(transfer) { curl_easy_perform(curl) }
            }
        }
        return try result.get()
    }

    func status() -> Int {
        var status = 0
        _ = pipeline_curl_get_long(curl, CURLINFO_RESPONSE_CODE, &status)
        return status
    }

    private func setBody(_ bytes: UnsafeRawBufferPointer) throws(HTTPTransportError) {
        try check(pipeline_curl_set_offset(curl, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(bytes.count)))
        let start = UnsafeMutableRawPointer(mutating: bytes.baseAddress) ?? UnsafeMutableRawPointer(errorBuffer)
        try check(pipeline_curl_set_pointer(curl, CURLOPT_POSTFIELDS, start))
    }

    private func attach(_ transfer: CurlTransfer) throws(HTTPTransportError) {
        let context = Unmanaged.passUnretained(transfer).toOpaque()
        try check(pipeline_curl_set_data_function(curl, CURLOPT_HEADERFUNCTION, receiveHeaderLine))
        try check(pipeline_curl_set_pointer(curl, CURLOPT_HEADERDATA, context))
        try check(pipeline_curl_set_data_function(curl, CURLOPT_WRITEFUNCTION, receiveBody))
        try check(pipeline_curl_set_pointer(curl, CURLOPT_WRITEDATA, context))
        try check(pipeline_curl_set_progress_function(curl, checkCancellation))
        try check(pipeline_curl_set_pointer(curl, CURLOPT_XFERINFODATA, context))
        try set(CURLOPT_NOPROGRESS, 0)
    }

    private func headerList(_ headers: HTTPHeaders) -> UnsafeMutablePointer<curl_slist>? {
        var list: UnsafeMutablePointer<curl_slist>?
        for field in headers.fields { list = curl_slist_append(list, "\(field.name): \(field.value)") }
        return list
    }

    private func set(_ option: CURLoption, _ value: Int) throws(HTTPTransportError) {
        try check(pipeline_curl_set_long(curl, option, value))
    }

    private func set(_ option: CURLoption, _ value: String) throws(HTTPTransportError) {
        try check(pipeline_curl_set_string(curl, option, value))
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
