import Glibc

/// The `format`s that a plain installation of Airflow checks; any other (`date-time` and `multiline` among them, for
/// which its checker has no rule) accepts every string. Source: `jsonschema/_format.py`.
enum StringFormat {
    static func accepts(_ text: String, format: String) -> Bool {
        switch format {
        case "date": isDate(text)
        case "time": isTime(text)
        case "duration": isDuration(text)
        case "email", "idn-email": text.contains("@")
        case "ipv4": isIPv4(text)
        case "ipv6": isIPv6(text)
        case "idn-hostname": isHostName(text)
        case "regex": SchemaPattern(text) != nil
        case "uuid": isUUID(text)
        default: true
        }
    }

    private static func isDate(_ text: String) -> Bool {
        text.utf8.count == 10 && Timestamp(iso8601: text) != nil
    }

    /// `%H:%M:%S`, with one or two digits each.
    private static func isTime(_ text: String) -> Bool {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 3 else { return false }
        return zip(parts, [24, 60, 60]).allSatisfy { part, limit in
            (1...2).contains(part.utf8.count) && isDigits(part) && (Int(part).map { $0 < limit } ?? false)
        }
    }

    /// ISO 8601 with designators: `P1DT2H`, `PT0.5S`, `P3W` (weeks alone), a sign before the `P`.
    private static func isDuration(_ text: String) -> Bool {
        var rest = text[...]
        if rest.first == "-" || rest.first == "+" { rest = rest.dropFirst() }
        guard rest.first == "P" else { return false }
        let parts = rest.dropFirst().split(separator: "T", maxSplits: 1, omittingEmptySubsequences: false)
        guard let date = parts.first, hasUnits(date, "YMDW") else { return false }
        if date.contains("W"), date.contains(where: { "YMD".contains($0) }) { return false }
        if parts.count == 1 { return !date.isEmpty }
        return !parts[1].isEmpty && hasUnits(parts[1], "HMS")
    }

    /// Numbers, each followed by a unit, the units in order and none twice.
    private static func hasUnits(_ text: Substring, _ units: String) -> Bool {
        var left = Array(units)
        var number = ""
        for character in text {
            guard character.isLetter else {
                number.append(character == "," ? "." : character)
                continue
            }
            guard let position = left.firstIndex(of: character), isDecimal(number) else { return false }
            left.removeFirst(position + 1)
            number = ""
        }
        return number.isEmpty
    }

    private static func isDecimal(_ text: String) -> Bool {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count <= 2 && parts.allSatisfy(isDigits) && text.contains { $0.isNumber }
    }

    private static func isDigits(_ text: some StringProtocol) -> Bool {
        text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }

    private static func isIPv4(_ text: String) -> Bool {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4
            && parts.allSatisfy { part in
                guard (1...3).contains(part.utf8.count), isDigits(part), let number = Int(part) else { return false }
                return number < 256 && (part.count == 1 || part.first != "0")
            }
    }

    private static func isIPv6(_ text: String) -> Bool {
        var address = in6_addr()
        return inet_pton(AF_INET6, text, &address) == 1
    }

    private static func isHostName(_ text: String) -> Bool {
        let labels = text.split(separator: ".", omittingEmptySubsequences: false)
        let named = labels.last?.isEmpty == true && labels.count > 1 ? labels.dropLast() : labels[...]
        return text.utf8.count <= 253
            && named.allSatisfy { label in
                (1...63).contains(label.utf8.count) && label.first != "-" && label.last != "-"
                    && label.allSatisfy { $0 == "-" || $0.isLetter || $0.isNumber }
            }
    }

    private static func isUUID(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        return bytes.count == 36
            && bytes.enumerated().allSatisfy { index, byte in
                [8, 13, 18, 23].contains(index)
                    ? byte == UInt8(ascii: "-") : Character(Unicode.Scalar(byte)).isHexDigit
            }
    }
}
