import Glibc

/// Reads files of the configuration whole.
enum ConfigurationFile {
    /// No kubeconfig, token or certificate is larger.
    static let sizeLimit = 8 << 20

    /// The bytes of `path`; `nil` where there is no such file.
    static func bytes(_ path: String, field: String = "") throws(KubernetesConfigurationError) -> [UInt8]? {
        guard let file = fopen(path, "re") else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw failure(path, field)
        }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = fread(&buffer, 1, buffer.count, file)
            guard count > 0 else { break }
            bytes += buffer[..<count]
            guard bytes.count <= sizeLimit else {
                throw KubernetesConfigurationError(place: path, field: field, message: "more than \(sizeLimit) bytes")
            }
        }
        guard ferror(file) == 0 else { throw failure(path, field) }
        return bytes
    }

    /// The text of a file that must be there, without white space around it.
    static func requiredText(_ path: String, field: String) throws(KubernetesConfigurationError) -> String {
        guard let bytes = try bytes(path, field: field) else {
            throw KubernetesConfigurationError(place: path, field: field, message: "there is no such file")
        }
        return trimmed(String(decoding: bytes, as: UTF8.self))
    }

    static func trimmed(_ text: String) -> String {
        var rest = Substring(text)
        while let first = rest.first, first.isWhitespace { rest.removeFirst() }
        while let last = rest.last, last.isWhitespace { rest.removeLast() }
        return String(rest)
    }

    private static func failure(_ path: String, _ field: String) -> KubernetesConfigurationError {
        let reason = String(cString: strerror(errno))
        return KubernetesConfigurationError(place: path, field: field, message: "cannot be read: \(reason)")
    }
}
