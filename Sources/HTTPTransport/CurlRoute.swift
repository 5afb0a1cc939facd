/// How a URL is reached whose server has a certificate for another name.
struct CurlRoute: Hashable {
    /// The URL that libcurl is given; its host is what TLS speaks of.
    var url: String
    /// `HOST:PORT:CONNECT-TO-HOST:CONNECT-TO-PORT`, where the host was exchanged.
    var connectTo: String?
    /// The `Host` field that the server expects then.
    var host: String?

    init(url: String, serverName: String?) {
        self.url = url
        guard let serverName, url.lowercased().hasPrefix("https://") else { return }
        let rest = url.dropFirst("https://".count)
        let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        let place = authority.lastIndex(of: "@").map { authority[authority.index(after: $0)...] } ?? authority
        let (host, port) = Self.split(place)
        self.url = "https://\(serverName):\(port)\(rest[authority.endIndex...])"
        connectTo = "\(serverName):\(port):\(host):\(port)"
        self.host = String(place)
    }

    private static func split(_ place: Substring) -> (host: Substring, port: Substring) {
        guard let colon = place.lastIndex(of: ":"), place[colon...].firstIndex(of: "]") == nil else {
            return (place, "443")
        }
        return (place[..<colon], place[place.index(after: colon)...])
    }
}
