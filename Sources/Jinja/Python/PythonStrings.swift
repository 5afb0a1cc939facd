/// `str` operations on code points.
enum PythonStrings {
    /// The code point index of a part, or nil.
    static func find(_ text: String, _ part: String, from start: Int = 0) -> Int? {
        find(Array(text.unicodeScalars), Array(part.unicodeScalars), from: start)
    }

    static func find(_ text: [Unicode.Scalar], _ part: [Unicode.Scalar], from start: Int = 0) -> Int? {
        guard text.count >= part.count else { return nil }
        var index = start
        while index <= text.count - part.count {
            if text[index..<index + part.count].elementsEqual(part) { return index }
            index += 1
        }
        return nil
    }

    static func findLast(_ text: [Unicode.Scalar], _ part: [Unicode.Scalar], before end: Int) -> Int? {
        var index = min(end, text.count) - part.count
        while index >= 0 {
            if text[index..<index + part.count].elementsEqual(part) { return index }
            index -= 1
        }
        return nil
    }

    /// `str.strip`, `lstrip`, `rstrip`; no characters means white space.
    static func strip(_ text: String, _ characters: String?, left: Bool, right: Bool) -> String {
        let set = characters.map { Set($0.unicodeScalars) }
        func strips(_ scalar: Unicode.Scalar) -> Bool { set?.contains(scalar) ?? scalar.isPythonSpace }
        var slice = Array(text.unicodeScalars)[...]
        while left, let first = slice.first, strips(first) { slice.removeFirst() }
        while right, let last = slice.last, strips(last) { slice.removeLast() }
        return PythonText.make(slice)
    }

    /// `str.replace`; a negative limit replaces all.
    static func replace(_ text: String, _ old: String, _ new: String, limit: Int = -1) -> String {
        let scalars = Array(text.unicodeScalars)
        let part = Array(old.unicodeScalars)
        var result = String.UnicodeScalarView()
        var (index, replaced) = (0, 0)
        while index <= scalars.count, limit < 0 || replaced < limit {
            guard let found = find(scalars, part, from: index) else { break }
            result.append(contentsOf: scalars[index..<found])
            result.append(contentsOf: new.unicodeScalars)
            replaced += 1
            index = found + part.count
            if part.isEmpty {
                if found < scalars.count { result.append(scalars[found]) }
                index = found + 1
            }
        }
        if index < scalars.count { result.append(contentsOf: scalars[index...]) }
        return String(result)
    }

    /// `str.split(sep, maxsplit)`; no separator splits at runs of white space.
    static func split(_ text: String, _ separator: String?, limit: Int) -> [String] {
        let scalars = Array(text.unicodeScalars)
        guard let separator else { return splitSpace(scalars, limit: limit) }
        let part = Array(separator.unicodeScalars)
        var pieces: [String] = []
        var start = 0
        while limit < 0 || pieces.count < limit, let found = find(scalars, part, from: start) {
            pieces.append(PythonText.make(scalars[start..<found]))
            start = found + part.count
        }
        return pieces + [PythonText.make(scalars[start...])]
    }

    private static func splitSpace(_ scalars: [Unicode.Scalar], limit: Int) -> [String] {
        var pieces: [String] = []
        var index = 0
        while true {
            while index < scalars.count, scalars[index].isPythonSpace { index += 1 }
            guard index < scalars.count else { return pieces }
            if limit >= 0, pieces.count == limit {
                return pieces + [PythonText.make(scalars[index...])]
            }
            let start = index
            while index < scalars.count, !scalars[index].isPythonSpace { index += 1 }
            pieces.append(PythonText.make(scalars[start..<index]))
        }
    }

    /// `str.rsplit(sep, maxsplit)`
    static func rsplit(_ text: String, _ separator: String?, limit: Int) -> [String] {
        let backwards = split(
            PythonText.make(text.unicodeScalars.reversed()),
            separator.map { PythonText.make($0.unicodeScalars.reversed()) }, limit: limit)
        return backwards.reversed().map { PythonText.make($0.unicodeScalars.reversed()) }
    }

    /// `str.splitlines()`
    static func splitLines(_ text: String, keepEnds: Bool = false) -> [String] {
        let scalars = Array(text.unicodeScalars)
        var lines: [String] = []
        var (start, index) = (0, 0)
        while index < scalars.count {
            guard isLineEnd(scalars[index]) else {
                index += 1
                continue
            }
            var end = index + 1
            if scalars[index] == "\r", end < scalars.count, scalars[end] == "\n" { end += 1 }
            lines.append(PythonText.make(scalars[start..<(keepEnds ? end : index)]))
            (start, index) = (end, end)
        }
        if start < scalars.count { lines.append(PythonText.make(scalars[start...])) }
        return lines
    }

    private static func isLineEnd(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x0A...0x0D, 0x1C...0x1E, 0x85, 0x2028, 0x2029: true
        default: false
        }
    }

    /// Full Unicode mappings differ in rare context rules, so only ASCII changes of case are done here.
    static func requireASCII(_ text: String, _ what: String) throws {
        if !text.utf8.allSatisfy({ $0 < 128 }) { throw unsupported("\(what) of non-ASCII text") }
    }

    static func upper(_ text: String) -> String { PythonText.make(text.unicodeScalars.flatMap { $0.properties.uppercaseMapping.unicodeScalars }) }

    /// `str.lower()`; the final sigma needs its context.
    static func lower(_ text: String) throws -> String {
        if text.unicodeScalars.contains("\u{3A3}") { throw unsupported("lower case of a sigma") }
        return PythonText.make(text.unicodeScalars.flatMap { $0.properties.lowercaseMapping.unicodeScalars })
    }

    static func titleFirst(_ text: String) throws -> String {
        guard let first = text.unicodeScalars.first else { return "" }
        return try first.properties.titlecaseMapping + lower(PythonText.make(text.unicodeScalars.dropFirst()))
    }

    /// `str.title()`: a cased letter after an uncased character becomes title case.
    static func title(_ text: String) throws -> String {
        if text.unicodeScalars.contains("\u{3A3}") { throw unsupported("title case of a sigma") }
        var afterLetter = false
        var result = ""
        for scalar in text.unicodeScalars {
            result += afterLetter ? scalar.properties.lowercaseMapping : scalar.properties.titlecaseMapping
            afterLetter = scalar.properties.isCased
        }
        return result
    }

    /// `str.expandtabs(size)`
    static func expandTabs(_ text: String, _ size: Int) -> String {
        var result = String.UnicodeScalarView()
        var column = 0
        for scalar in text.unicodeScalars {
            if scalar == "\t" {
                let spaces = size > 0 ? size - column % size : 0
                result.append(contentsOf: repeatElement(" ", count: spaces))
                column += spaces
            } else {
                result.append(scalar)
                column = scalar == "\n" || scalar == "\r" ? 0 : column + 1
            }
        }
        return String(result)
    }

    /// `str.center(width)`: an odd remainder goes left or right by CPython's rule.
    static func center(_ text: String, _ width: Int, fill: Unicode.Scalar = " ") -> String {
        let length = text.unicodeScalars.count
        guard width > length else { return text }
        let space = width - length
        let left = space / 2 + (space & width & 1)
        return String(repeating: String(fill), count: left) + text + String(repeating: String(fill), count: space - left)
    }

    /// `str.zfill(width)`
    static func zeroFilled(_ text: String, _ width: Int) -> String {
        let missing = width - text.unicodeScalars.count
        guard missing > 0 else { return text }
        let zeros = String(repeating: "0", count: missing)
        guard let sign = text.unicodeScalars.first, sign == "-" || sign == "+" else { return zeros + text }
        return String(sign) + zeros + PythonText.make(text.unicodeScalars.dropFirst())
    }
}
