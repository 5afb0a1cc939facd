/// Tokens inside of `{{ }}` and `{% %}`.
extension Lexer {
    /// Reads one token or a run of white space; Jinja tries floats, integers, names, strings, operators in this order.
    mutating func readExpressionToken() throws {
        let first = source[position]
        if first.isPythonSpace {
            let end = skipSpace(position)
            count(position..<end)
            position = end
        } else if first.isDigit {
            try readNumber()
        } else if first.isNameStart {
            readName()
        } else if first == "'" || first == "\"" {
            try readString(quote: first)
        } else if first.value > 127 {
            throw unsupported("character \(first) outside of a string").located(at: line)
        } else {
            try readOperator()
        }
    }

    private mutating func readName() {
        let start = position
        while let next = scalar(position), next.isNameStart || next.isDigit { position += 1 }
        emit(.name(text(start..<position)))
    }

    private mutating func readOperator() throws {
        let two = position + 1 < source.count ? text(position..<position + 2) : ""
        let one = text(position..<position + 1)
        let operators = ["//", "**", "==", "!=", ">=", "<="]
        let singles = "+-/*%~[](){}><=.:|,;"
        let found = operators.contains(two) ? two : one
        guard found == two || singles.contains(found) else {
            throw fail("unexpected char \(PythonText.repr(one)) at \(position)")
        }
        try balance(found)
        emit(.op(found))
        position += found.unicodeScalars.count
    }

    private mutating func readNumber() throws {
        if position == 0 || source[position - 1] != ".", let end = floatEnd() { return try emitFloat(to: end) }
        if source[position] == "0", let marker = scalar(position + 1), "bBoOxX".unicodeScalars.contains(marker) {
            return try readRadixNumber(radix: "bB".unicodeScalars.contains(marker) ? 2 : "oO".unicodeScalars.contains(marker) ? 8 : 16)
        }
        var end = position + 1
        if source[position] == "0" {
            while let next = scalar(end), next == "0" || (next == "_" && scalar(end + 1) == "0") { end += 1 }
        } else {
            end = digitsEnd(position) ?? end
        }
        let digits = text(position..<end).filter { $0 != "_" }
        guard let value = Int(digits) else { throw unsupported("integer beyond 64 bits").located(at: line) }
        emit(.integer(value))
        position = end
    }

    /// `0x1F`, `0o17`, `0b11`
    private mutating func readRadixNumber(radix: Int) throws {
        var end = position + 2
        while let next = scalar(end), next == "_" || Int(String(next), radix: radix) != nil { end += 1 }
        let digits = text(position + 2..<end)
        guard let value = Int(digits, radix: radix) else { throw unsupported("number \(digits)").located(at: line) }
        emit(.integer(value))
        position = end
    }

    private mutating func emitFloat(to end: Int) throws {
        guard let value = Double(text(position..<end).filter({ $0 != "_" })) else { throw fail("invalid number") }
        emit(.float(value))
        position = end
    }

    /// The end of digits that may be separated by single underscores.
    private func digitsEnd(_ start: Int) -> Int? {
        guard scalar(start)?.isDigit == true else { return nil }
        var end = start + 1
        while let next = scalar(end) {
            if next.isDigit {
                end += 1
            } else if next == "_", scalar(end + 1)?.isDigit == true {
                end += 2
            } else {
                break
            }
        }
        return end
    }

    /// The end of a float literal at the position: it needs a fraction or an exponent.
    private func floatEnd() -> Int? {
        guard var end = digitsEnd(position) else { return nil }
        var isFloat = false
        if scalar(end) == ".", let fraction = digitsEnd(end + 1) {
            end = fraction
            isFloat = true
        }
        if scalar(end) == "e" || scalar(end) == "E" {
            let sign = scalar(end + 1) == "+" || scalar(end + 1) == "-" ? 1 : 0
            if let exponent = digitsEnd(end + 1 + sign) {
                end = exponent
                isFloat = true
            }
        }
        return isFloat ? end : nil
    }

    private mutating func readString(quote: Unicode.Scalar) throws {
        let start = position + 1
        var index = start
        while let next = scalar(index), next != quote { index += next == "\\" ? 2 : 1 }
        guard scalar(index) == quote else { throw fail("unexpected char \(PythonText.repr(String(quote))) at \(position)") }
        let value: String
        do { value = try PythonEscapes.decode(source[start..<index]) } catch let error as JinjaError {
            throw error.located(at: line)
        }
        emit(.string(value))
        count(start..<index)
        position = index + 1
    }
}

extension Unicode.Scalar {
    var isDigit: Bool { (48...57).contains(value) }
    var isNameStart: Bool { (65...90).contains(value) || (97...122).contains(value) || self == "_" }
}
