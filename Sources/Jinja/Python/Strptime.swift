/// `datetime.strptime` for the numeric directives and English month and day names.
struct Strptime {
    private var text: ArraySlice<Unicode.Scalar>
    private var day = CalendarDay(year: 1900, month: 1, day: 1)
    private var hour = 0
    private var hour12: Int?
    private var isAfternoon: Bool?
    private var minute = 0
    private var second = 0
    private var microsecond = 0
    private var zone: JinjaZone?
    private let mismatch: JinjaError

    static func parse(_ text: String, _ format: String) throws -> JinjaDateTime {
        var parser = Strptime(text, format)
        return try parser.run(format)
    }

    private init(_ text: String, _ format: String) {
        self.text = Array(text.unicodeScalars)[...]
        mismatch = pythonError(
            "ValueError", "time data \(PythonText.repr(text)) does not match format \(PythonText.repr(format))")
    }

    private mutating func run(_ format: String) throws -> JinjaDateTime {
        var rest = Array(format.unicodeScalars)[...]
        while let scalar = rest.popFirst() {
            if scalar.isPythonSpace {
                try space()
            } else if scalar == "%" {
                guard let mark = rest.popFirst() else { throw unsupported("strptime format ending in %") }
                try directive(mark)
            } else {
                try literal(scalar)
            }
        }
        if !text.isEmpty {
            throw pythonError("ValueError", "unconverted data remains: \(PythonText.make(text))")
        }
        return try finish()
    }

    private mutating func finish() throws -> JinjaDateTime {
        if let hour12 {
            hour = hour12 % 12 + (isAfternoon == true ? 12 : 0)
        }
        guard
            let moment = JinjaDateTime(
                day: day, hour: hour, minute: minute, second: second, microsecond: microsecond, zone: zone,
                flavor: .python)
        else { throw unsupported("strptime of an impossible date") }
        return moment
    }

    private mutating func space() throws {
        guard text.first?.isPythonSpace == true else { throw mismatch }
        while text.first?.isPythonSpace == true { text.removeFirst() }
    }

    private mutating func literal(_ scalar: Unicode.Scalar) throws {
        guard let first = text.first else { throw mismatch }
        if first != scalar {
            // The real matching ignores case.
            guard String(first).lowercased() == String(scalar).lowercased() else { throw mismatch }
        }
        text.removeFirst()
    }

    private mutating func directive(_ mark: Unicode.Scalar) throws {
        switch mark {
        case "Y": day.year = try number(4...4, 1...9999)
        case "y":
            let short = try number(2...2, 0...99)
            day.year = short < 69 ? 2000 + short : 1900 + short
        case "m": day.month = try number(1...2, 1...12)
        case "d": day.day = try number(1...2, 1...31)
        case "H": hour = try number(1...2, 0...23)
        case "I": hour12 = try number(1...2, 1...12)
        case "M": minute = try number(1...2, 0...59)
        case "S": second = try number(1...2, 0...59)
        case "f": try fraction()
        case "p": isAfternoon = try word(["am", "pm"]) == 1
        case "B": day.month = try word(Strftime.months) + 1
        case "b": day.month = try word(Strftime.months.map { String($0.prefix(3)) }) + 1
        case "A": _ = try word(Strftime.weekdays)
        case "a": _ = try word(Strftime.weekdays.map { String($0.prefix(3)) })
        case "T":
            throw unsupported("strptime directive %T")
        case "z": try offset()
        case "%": try literal("%")
        default: throw unsupported("strptime directive %\(mark)")
        }
    }

    /// As many digits as are there and keep the value in range; Python's pattern backtracks no further in practice.
    private mutating func number(_ digits: ClosedRange<Int>, _ values: ClosedRange<Int>) throws -> Int {
        var (value, count) = (0, 0)
        while count < digits.upperBound, let next = text.first, next.isDigit {
            let longer = value * 10 + Int(next.value - 48)
            if longer > values.upperBound { break }
            value = longer
            count += 1
            text.removeFirst()
        }
        guard count >= digits.lowerBound, values.contains(value) else { throw mismatch }
        return value
    }

    private mutating func fraction() throws {
        var (value, count) = (0, 0)
        while count < 6, let next = text.first, next.isDigit {
            value = value * 10 + Int(next.value - 48)
            count += 1
            text.removeFirst()
        }
        guard count > 0 else { throw mismatch }
        for _ in count..<6 { value *= 10 }
        microsecond = value
    }

    private mutating func word(_ words: [String]) throws -> Int {
        let rest = PythonText.make(text.prefix(12)).lowercased()
        guard let index = words.firstIndex(where: { rest.hasPrefix($0.lowercased()) }) else { throw mismatch }
        text.removeFirst(words[index].unicodeScalars.count)
        return index
    }

    private mutating func offset() throws {
        guard text.first != "Z" else {
            text.removeFirst()
            zone = .pythonUTC
            return
        }
        guard let sign = text.popFirst(), sign == "+" || sign == "-" else { throw mismatch }
        let hours = try number(2...2, 0...99)
        if text.first == ":" { text.removeFirst() }
        let minutes = try number(2...2, 0...59)
        zone = .python(offsetSeconds: (sign == "-" ? -1 : 1) * (hours * 3600 + minutes * 60))
    }
}

extension JinjaZone {
    /// `datetime.timezone(timedelta(...))`
    static func python(offsetSeconds: Int) -> JinjaZone {
        if offsetSeconds == 0 { return .pythonUTC }
        let shown = try? JinjaTimeDelta(microseconds: offsetSeconds * 1_000_000).repr()
        let plain = JinjaZone(offsetSeconds: offsetSeconds, abbreviation: "", name: "", repr: nil, isConstant: true)
        let name = "UTC" + plain.offsetText(separator: ":")
        return JinjaZone(
            offsetSeconds: offsetSeconds, abbreviation: name, name: name,
            repr: shown.map { "datetime.timezone(\($0))" }, isConstant: true)
    }
}

/// `datetime.fromisoformat` for the forms Airflow itself writes.
enum ISOFormat {
    /// Parses `YYYY-MM-DD[(T| )HH:MM[:SS[.ffffff]]][Z|+HH:MM]`.
    static func parse(_ text: String) throws -> JinjaDateTime {
        let scalars = Array(text.unicodeScalars)
        guard scalars.count >= 10 else { throw unsupported("fromisoformat(\(PythonText.repr(text)))") }
        var format = "%Y-%m-%d"
        if scalars.count > 10 {
            format += String(scalars[10]) == " " ? " " : "T"
            let time = scalars[11...].prefix { $0.isDigit || $0 == ":" || $0 == "." }
            let fraction = time.firstIndex(of: ".").map { time.endIndex - $0 - 1 }
            format += time.filter { $0 == ":" }.count == 1 ? "%H:%M" : "%H:%M:%S"
            if let fraction {
                guard fraction == 3 || fraction == 6 else { throw unsupported("fromisoformat(\(PythonText.repr(text)))") }
                format += ".%f"
            }
            if 11 + time.count < scalars.count { format += "%z" }
        }
        do {
            return try Strptime.parse(text, format)
        } catch {
            throw unsupported("fromisoformat(\(PythonText.repr(text)))")
        }
    }
}
