/// Where a data set comes from, as `source=` says it.
enum DatasetSource: Sendable, Hashable {
    /// An archive behind an http or https URL.
    case download(url: String)
    /// A path: an archive, a folder with one, or a folder with the files.
    case path(String)
    case synthetic(SyntheticDataset)

    /// - Parameter text: `synthetic`, a URL of scheme http, https or file, or a path.
    init(_ text: String, synthetic: SyntheticDataset) throws(StageError) {
        if text == "synthetic" {
            self = .synthetic(synthetic)
        } else if text.hasPrefix("http://") || text.hasPrefix("https://") {
            self = .download(url: text)
        } else if text.hasPrefix("file://") {
            self = .path(try Self.path(ofFileURL: text))
        } else if let scheme = text.firstRange(of: "://") {
            throw StageError(
                .misuse,
                "parameter source: scheme '\(text[..<scheme.lowerBound])' is not supported; give an http, https or file "
                    + "URL, a path, or synthetic")
        } else {
            self = .path(text)
        }
    }

    private static func path(ofFileURL url: String) throws(StageError) -> String {
        let rest = url.dropFirst("file://".count)
        guard let slash = rest.firstIndex(of: "/"), ["", "localhost"].contains(rest[..<slash]),
            let path = percentDecoded(rest[slash...])
        else {
            throw StageError(.misuse, "parameter source: '\(url)' is no file URL of this machine; give file:///path")
        }
        return path
    }

    private static func percentDecoded(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard rest.count >= 2, let value = UInt8(String(Substring(rest.prefix(2))), radix: 16) else { return nil }
            bytes.append(value)
            rest.removeFirst(2)
        }
        return String(validating: bytes, as: UTF8.self)
    }
}
