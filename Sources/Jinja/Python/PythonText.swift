/// `repr` of text and the other code point rules that Swift's `String` sees differently.
extension PythonText {
    /// `repr(str)`: single quotes unless the text holds some and no double quotes; unprintable characters escaped.
    static func repr(_ text: String) -> String {
        let hasSingle = text.utf8.contains(UInt8(ascii: "'"))
        let quote: Unicode.Scalar = hasSingle && !text.utf8.contains(UInt8(ascii: "\"")) ? "\"" : "'"
        var result = String.UnicodeScalarView()
        result.append(quote)
        for scalar in text.unicodeScalars { append(scalar, quotedBy: quote, to: &result) }
        result.append(quote)
        return String(result)
    }

    private static func append(
        _ scalar: Unicode.Scalar, quotedBy quote: Unicode.Scalar, to result: inout String.UnicodeScalarView
    ) {
        switch scalar {
        case "\\": result.append(contentsOf: "\\\\".unicodeScalars)
        case quote: result.append(contentsOf: ["\\", quote])
        case "\n": result.append(contentsOf: "\\n".unicodeScalars)
        case "\r": result.append(contentsOf: "\\r".unicodeScalars)
        case "\t": result.append(contentsOf: "\\t".unicodeScalars)
        default:
            if scalar.isPythonPrintable {
                result.append(scalar)
            } else {
                result.append(contentsOf: escape(scalar).unicodeScalars)
            }
        }
    }

    private static func escape(_ scalar: Unicode.Scalar) -> String {
        let hex = String(scalar.value, radix: 16)
        let (mark, width) = scalar.value < 0x100 ? ("x", 2) : scalar.value < 0x10000 ? ("u", 4) : ("U", 8)
        return "\\" + mark + String(repeating: "0", count: width - hex.utf8.count) + hex
    }

    /// Text from code points.
    static func make<Scalars: Sequence>(_ scalars: Scalars) -> String where Scalars.Element == Unicode.Scalar {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        return String(view)
    }
}

extension Unicode.Scalar {
    /// `str.isprintable()` of one character.
    var isPythonPrintable: Bool {
        if value < 127 { return value >= 32 }
        switch properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator, .spaceSeparator:
            return false
        default: return true
        }
    }
}
