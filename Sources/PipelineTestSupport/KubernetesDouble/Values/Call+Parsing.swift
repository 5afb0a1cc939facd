import HTTPTransport
import PipelineCore

extension KubernetesDouble.Call {
    /// Reads a request line and fields. Paths that no Kubernetes API has become calls without a resource.
    init(_ request: HTTPRequest) {
        let (path, query) = Self.target(of: request.url)
        verb = .get
        self.path = path
        self.query = query
        token = request.headers["Authorization"].flatMap { $0.hasPrefix("Bearer ") ? String($0.dropFirst(7)) : nil }
        contentType = request.headers["Content-Type"]
        isUpgrade = request.headers["Upgrade"]?.lowercased() == "websocket"
        body = request.body ?? []
        route(path.split(separator: "/").map { Self.decoded($0) })
        verb = verb(of: request.method)
        if verb == .create, name == nil {
            name = (try? JSONValue.parse(utf8: body))?.at("metadata", "name")?.stringValue
        }
    }

    private mutating func route(_ parts: [String]) {
        var rest = parts[...]
        switch rest.popFirst() {
        case "api": guard rest.popFirst() == "v1" else { return }
        case "apis":
            guard rest.count >= 2 else { return }
            let version = "\(rest.removeFirst())/\(rest.removeFirst())"
            guard Resource.allCases.contains(where: { $0.apiVersion == version }) else { return }
        default: return
        }
        if rest.first == "namespaces", rest.count >= 3, Resource(rawValue: rest[rest.startIndex + 2]) != nil {
            namespace = rest[rest.startIndex + 1]
            rest = rest.dropFirst(2)
        }
        guard let first = rest.popFirst(), let resource = Resource(rawValue: first),
            path.hasPrefix(resource.root + "/")
        else { return }
        self.resource = resource
        name = rest.popFirst()
        subresource = rest.popFirst()
    }

    private func verb(of method: String) -> KubernetesDouble.Verb {
        switch method {
        case "POST": .create
        case "PUT": .update
        case "PATCH": .patch
        case "DELETE": name == nil ? .deletecollection : .delete
        default: name != nil || resource == nil ? .get : flag("watch") ? .watch : .list
        }
    }

    private static func target(of url: String) -> (String, [Parameter]) {
        var rest = url[...]
        if let scheme = rest.firstRange(of: "://") {
            rest = rest[scheme.upperBound...]
            rest = rest[(rest.firstIndex(of: "/") ?? rest.endIndex)...]
        }
        rest = rest.prefix { $0 != "#" }
        let path = rest.prefix { $0 != "?" }
        return (path.isEmpty ? "/" : String(path), parameters(rest.dropFirst(path.count + 1)))
    }

    /// Go's `url.ParseQuery`: `+` is a blank, and a pair with a bare semicolon is dropped.
    private static func parameters(_ text: Substring) -> [Parameter] {
        text.split(separator: "&").filter { !$0.contains(";") }.map { pair in
            let name = pair.prefix { $0 != "=" }
            let value = pair.dropFirst(name.count + 1)
            return Parameter(name: decoded(name, plus: true), value: decoded(value, plus: true))
        }
    }

    private static func decoded(_ text: Substring, plus: Bool = false) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), rest.count >= 2,
                let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(plus && byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
