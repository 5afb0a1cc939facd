import CCurl

/// ``HTTPClientSettings`` in libcurl's words, shared by all handles of a client; it must outlive them.
final class CurlSettings: Sendable {
    let settings: HTTPClientSettings
    private let authorities: PinnedBytes?
    private let certificate: PinnedBytes?
    private let key: PinnedBytes?

    init(_ settings: HTTPClientSettings) {
        self.settings = settings
        authorities = Self.pinned(settings.tls.authorities)
        certificate = Self.pinned(settings.tls.clientCertificate)
        key = Self.pinned(settings.tls.clientKey)
    }

    func apply(to handle: CurlHandle, url: String) throws(HTTPTransportError) {
        try handle.set(CURLOPT_USERAGENT, settings.userAgent)
        try applyProxy(to: handle)
        try applyMaterial(settings.tls.authorities, authorities, CURLOPT_CAINFO, CURLOPT_CAINFO_BLOB, handle)
        try applyMaterial(settings.tls.clientCertificate, certificate, CURLOPT_SSLCERT, CURLOPT_SSLCERT_BLOB, handle)
        try applyMaterial(settings.tls.clientKey, key, CURLOPT_SSLKEY, CURLOPT_SSLKEY_BLOB, handle)
        // libcurl would keep the authorities of a file for a day, also where the file was exchanged.
        if case .file = settings.tls.authorities { try handle.set(CURLOPT_CA_CACHE_TIMEOUT, 0) }
        guard !settings.tls.verifiesServer else { return }
        try handle.set(CURLOPT_SSL_VERIFYPEER, 0)
        try handle.set(CURLOPT_SSL_VERIFYHOST, 0)
    }

    /// Where a server's name is set, the URL that libcurl sees has it as its host, and the connection goes to the real
    /// one.
    func route(_ url: String) -> CurlRoute { CurlRoute(url: url, serverName: settings.tls.serverName) }

    private func applyProxy(to handle: CurlHandle) throws(HTTPTransportError) {
        switch settings.proxy {
        case .environment: break
        case .url(let url): try handle.set(CURLOPT_PROXY, url)
        case .none: try handle.set(CURLOPT_PROXY, "")
        }
    }

    private func applyMaterial(
        _ material: TLSSettings.Material?, _ bytes: PinnedBytes?, _ file: CURLoption, _ blob: CURLoption,
        _ handle: CurlHandle
    ) throws(HTTPTransportError) {
        switch material {
        case .file(let path): try handle.set(file, path)
        case .data: if let bytes { try handle.set(blob, bytes) }
        case nil: break
        }
    }

    private static func pinned(_ material: TLSSettings.Material?) -> PinnedBytes? {
        if case .data(let bytes) = material { PinnedBytes(bytes) } else { nil }
    }
}
