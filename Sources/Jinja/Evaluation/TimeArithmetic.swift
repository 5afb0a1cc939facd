/// `+ - * /` on datetimes, dates and timedeltas.
enum TimeArithmetic {
    static func apply(_ op: ArithmeticOperator, _ left: JinjaValue, _ right: JinjaValue) throws -> JinjaValue {
        switch (op, left, right) {
        case (.add, .datetime(let moment), .timedelta(let delta)), (.add, .timedelta(let delta), .datetime(let moment)):
            return .datetime(try moment.moved(by: exact(delta)))
        case (.subtract, .datetime(let moment), .timedelta(let delta)):
            return .datetime(try moment.moved(by: -exact(delta)))
        case (.subtract, .datetime(let first), .datetime(let second)): return try difference(first, second)
        case (.add, .date(let date), .timedelta(let delta)): return try .date(moved(date, by: delta.days))
        case (.subtract, .date(let date), .timedelta(let delta)):
            return try .date(moved(date, by: -delta.days))
        case (.subtract, .date(let first), .date(let second)):
            let isInterval = first.flavor == .pendulum || second.flavor == .pendulum
            let days = first.days - second.days
            return .timedelta(
                JinjaTimeDelta(microseconds: days * JinjaDateTime.microsecondsPerDay, isInterval: isInterval))
        case (_, .timedelta(let delta), _) where !delta.isInterval: return try scale(op, delta, right)
        case (.multiply, _, .timedelta(let delta)) where !delta.isInterval: return try scale(op, delta, left)
        default: throw unsupported("\(op.rawValue) on \(left.pythonTypeName) and \(right.pythonTypeName)")
        }
    }

    /// Pendulum adds the months of a long interval as calendar months; shorter ones are plain durations.
    private static func exact(_ delta: JinjaTimeDelta) throws -> Int {
        let isShort = (0..<28 * JinjaDateTime.microsecondsPerDay).contains(delta.microseconds)
        guard !delta.isInterval || isShort else { throw unsupported("arithmetic with a long pendulum interval") }
        return delta.microseconds
    }

    private static func moved(_ date: JinjaDate, by days: Int) throws -> JinjaDate {
        let result = JinjaDate(days: date.days + days, flavor: date.flavor)
        guard result.day.isValid else { throw pythonError("OverflowError", "date value out of range") }
        return result
    }

    private static func difference(_ left: JinjaDateTime, _ right: JinjaDateTime) throws -> JinjaValue {
        guard (left.zone == nil) == (right.zone == nil) else { throw unsupported("naive and aware datetimes together") }
        let isInterval = left.flavor == .pendulum || right.flavor == .pendulum
        let sameZone = left.zone == right.zone
        guard sameZone || isInterval || left.zone?.isConstant == true else { throw unsupported("datetimes in two zones") }
        return .timedelta(JinjaTimeDelta(microseconds: left.instant - right.instant, isInterval: isInterval))
    }

    private static func scale(_ op: ArithmeticOperator, _ delta: JinjaTimeDelta, _ other: JinjaValue) throws -> JinjaValue {
        switch (op, other) {
        case (.add, .timedelta(let second)) where !second.isInterval:
            return .timedelta(JinjaTimeDelta(microseconds: delta.microseconds + second.microseconds))
        case (.subtract, .timedelta(let second)) where !second.isInterval:
            return .timedelta(JinjaTimeDelta(microseconds: delta.microseconds - second.microseconds))
        case (.divide, .timedelta(let second)) where second.microseconds != 0 && !second.isInterval:
            return .double(Double(delta.microseconds) / Double(second.microseconds))
        case (.floorDivide, .timedelta(let second)) where second.microseconds != 0 && !second.isInterval:
            return .int(floorDivide(delta.microseconds, second.microseconds))
        default: break
        }
        guard let factor = other.integer else { throw unsupported("\(op.rawValue) on timedelta and \(other.pythonTypeName)") }
        switch op {
        case .multiply:
            let (product, overflow) = delta.microseconds.multipliedReportingOverflow(by: factor)
            if overflow { throw unsupported("timedelta out of range") }
            return .timedelta(JinjaTimeDelta(microseconds: product))
        case .floorDivide where factor != 0:
            return .timedelta(JinjaTimeDelta(microseconds: floorDivide(delta.microseconds, factor)))
        default: throw unsupported("\(op.rawValue) on timedelta and \(other.pythonTypeName)")
        }
    }
}
