/// `"..." % values`, also behind the `format` filter.
enum PercentFormat {
    static func render(_ format: String, _ values: JinjaValue) throws -> String {
        var renderer = Renderer(rest: Array(format.unicodeScalars)[...], values: values)
        return try renderer.run()
    }

    private struct Renderer {
        var rest: ArraySlice<Unicode.Scalar>
        let values: JinjaValue
        var used = 0
        var usesNames = false
        var result = ""

        mutating func run() throws -> String {
            while let scalar = rest.popFirst() {
                if scalar != "%" {
                    result.unicodeScalars.append(scalar)
                } else if rest.first == "%" {
                    rest.removeFirst()
                    result += "%"
                } else {
                    try directive()
                }
            }
            try checkAllUsed()
            return result
        }

        private mutating func directive() throws {
            let named = try name()
            var spec = FormatSpec()
            flags(&spec)
            spec.width = rest.first == "*" ? try star() : try FormatSpec.number(&rest) ?? 0
            if rest.first == "." {
                rest.removeFirst()
                spec.precision = rest.first == "*" ? try star() : try FormatSpec.number(&rest) ?? 0
            }
            while let length = rest.first, "hlL".unicodeScalars.contains(length) { rest.removeFirst() }
            guard let type = rest.popFirst() else { throw pythonError("ValueError", "incomplete format") }
            let value = try named ?? next()
            result += try convert(value, type, spec)
        }

        private mutating func star() throws -> Int {
            rest.removeFirst()
            guard let value = try next().integer, (0...FormatSpec.maximumWidth).contains(value) else {
                throw unsupported("width by *")
            }
            return value
        }

        private mutating func name() throws -> JinjaValue? {
            guard rest.first == "(" else { return nil }
            guard let end = rest.firstIndex(of: ")") else { throw pythonError("ValueError", "incomplete format key") }
            let key = PythonText.make(rest[(rest.startIndex + 1)..<end])
            rest = rest[(end + 1)...]
            guard case .dict(let dict) = values else { throw pythonError("TypeError", "format requires a mapping") }
            usesNames = true
            guard let value = dict.get(text: key) else { throw pythonError("KeyError", PythonText.repr(key)) }
            return value
        }

        private mutating func flags(_ spec: inout FormatSpec) {
            while let flag = rest.first, "#0- +".unicodeScalars.contains(flag) {
                rest.removeFirst()
                switch flag {
                case "#": spec.alternate = true
                case "0": spec.zeroPad = true
                case "-": spec.align = "<"
                case "+": spec.sign = "+"
                default: if spec.sign != "+" { spec.sign = " " }
                }
            }
        }

        private mutating func next() throws -> JinjaValue {
            if case .tuple(let items) = values {
                guard used < items.count else { throw pythonError("TypeError", "not enough arguments for format string") }
                used += 1
                return items[used - 1]
            }
            guard used == 0, !usesNames else { throw pythonError("TypeError", "not enough arguments for format string") }
            used = 1
            return values
        }

        private func checkAllUsed() throws {
            let all: Bool
            switch values {
            case .tuple(let items): all = used >= items.count
            case .dict: all = true
            case .list, .range: all = used == 1 || usesNames
            case .object, .view: throw unsupported("% with a \(values.pythonTypeName)")
            default: all = used == 1
            }
            if case .list = values, used == 0 { throw unsupported("% with an unused list") }
            if !all { throw pythonError("TypeError", "not all arguments converted during string formatting") }
        }

        private func convert(_ value: JinjaValue, _ type: Unicode.Scalar, _ given: FormatSpec) throws -> String {
            var spec = given
            switch type {
            case "s", "r":
                var text = type == "s" ? try value.string() : try value.repr()
                if let precision = spec.precision { text = PythonText.make(text.unicodeScalars.prefix(precision)) }
                return spec.pad(text, defaultAlign: ">")
            case "d", "i", "u":
                spec.type = "d"
                return try integer(value, type, &spec)
            case "x", "X", "o":
                spec.type = type
                guard value.integer != nil else { throw unsupported("%\(type) of a \(value.pythonTypeName)") }
                return try integer(value, type, &spec)
            case "e", "E", "f", "F", "g", "G":
                spec.type = type
                if case .undefined(let undefined) = value { throw undefined.error }
                guard let number = value.number else {
                    throw pythonError("TypeError", "must be real number, not \(value.pythonTypeName)")
                }
                return try spec.apply(double: number)
            case "c":
                let text = value.text ?? value.integer.flatMap { Unicode.Scalar(UInt32(clamping: $0)) }.map(String.init) ?? ""
                guard text.unicodeScalars.count == 1 else { throw unsupported("%c of a \(value.pythonTypeName)") }
                return spec.pad(text, defaultAlign: ">")
            default: throw unsupported("% format type \(type)")
            }
        }

        private func integer(_ value: JinjaValue, _ type: Unicode.Scalar, _ spec: inout FormatSpec) throws -> String {
            if case .undefined(let undefined) = value { throw undefined.error }
            guard spec.precision == nil else { throw unsupported("precision of an integer format") }
            if let number = value.integer { return try spec.apply(integer: number) }
            guard case .double(let number) = value, number.magnitude < 9e15 else {
                throw pythonError(
                    "TypeError", "%\(type) format: a real number is required, not \(value.pythonTypeName)")
            }
            return try spec.apply(integer: Int(number.rounded(.towardZero)))
        }
    }
}
