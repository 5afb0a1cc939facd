import Crypto
import PipelineCore

/// Text as the value of a label, which may have 63 characters of few kinds.
package enum LabelValue {
    static let maximumLength = 63

    /// The text itself where it can stand, else what is left of it and nine digits of its MD5, so that labels are those that
    /// Airflow writes. Source: apache-airflow-providers-cncf-kubernetes `pod_generator.py` (`make_safe_label_value`).
    package static func safe(_ text: String) -> String {
        let kept = text.unicodeScalars.filter { isAlphanumeric($0) || "_-.".unicodeScalars.contains($0) }
        let safe = trimmed(String(String.UnicodeScalarView(kept)))
        guard safe.utf8.count > maximumLength || safe != text else { return safe }
        let digest = Insecure.MD5.hash(data: Array(text.utf8)).map(\.hexadecimal).joined().prefix(9)
        return safe.prefix(maximumLength - digest.count - 1) + "-" + digest
    }

    private static func trimmed(_ text: String) -> String {
        var scalars = Substring(text).unicodeScalars
        while let first = scalars.first, !isAlphanumeric(first) { scalars.removeFirst() }
        while let last = scalars.last, !isAlphanumeric(last) { scalars.removeLast() }
        return String(scalars)
    }

    static func isAlphanumeric(_ scalar: Unicode.Scalar) -> Bool {
        ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar) || ("0"..."9").contains(scalar)
    }
}

extension UInt8 {
    /// Two digits.
    var hexadecimal: String { (self < 16 ? "0" : "") + String(self, radix: 16) }
}
