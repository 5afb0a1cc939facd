import ArgumentParser
import PipelineCore

/// Takes secrets out of what people are shown.
enum Redaction {
    /// A URL with `***` for its password; other text as it is.
    static func url(_ text: String) -> String {
        guard let scheme = text.firstRange(of: "://"), let at = text.lastIndex(of: "@") else { return text }
        let authority = text[scheme.upperBound..<at]
        guard let colon = authority.firstIndex(of: ":") else { return text }
        return text[..<colon] + ":***" + text[at...]
    }
}
