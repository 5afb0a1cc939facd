/// An expression of a template. Lines stand where evaluation may fail.
indirect enum Expression: Sendable {
    case none
    case bool(Bool)
    case int(Int)
    case double(Double)
    case string(String)
    case name(String)
    case list([Expression])
    case tuple([Expression])
    case dict([DictItem])
    case negate(Expression)
    case plus(Expression)
    case not(Expression)
    case and(Expression, Expression)
    case or(Expression, Expression)
    case arithmetic(ArithmeticOperator, Expression, Expression)
    case compare(Expression, [Comparison])
    case concat([Expression])
    case conditional(test: Expression, then: Expression, otherwise: Expression?, line: Int)
    case attribute(Expression, String, line: Int)
    case item(Expression, Expression, line: Int)
    /// Only as the index of an `item`.
    case slice(Expression?, Expression?, Expression?)
    case call(Expression, CallSyntax, line: Int)
    case filter(Expression, FilterSyntax)
    case test(Expression, FilterSyntax)

    struct DictItem: Sendable {
        let key: Expression
        let value: Expression
    }

    struct Comparison: Sendable {
        let op: ComparisonOperator
        let operand: Expression
    }
}

enum ArithmeticOperator: String, Sendable {
    case add = "+"
    case subtract = "-"
    case multiply = "*"
    case divide = "/"
    case floorDivide = "//"
    case modulo = "%"
    case power = "**"
}

enum ComparisonOperator: String, Sendable {
    case equal = "=="
    case notEqual = "!="
    case less = "<"
    case lessOrEqual = "<="
    case greater = ">"
    case greaterOrEqual = ">="
    case isIn = "in"
    case notIn = "not in"
}

/// The arguments of a call as written.
struct CallSyntax: Sendable {
    var positional: [Expression] = []
    var keywords: [Keyword] = []
    /// `*values`
    var starred: Expression?
    /// `**values`
    var doubleStarred: Expression?

    struct Keyword: Sendable {
        let name: String
        let value: Expression
    }
}

/// A filter or test with its arguments.
struct FilterSyntax: Sendable {
    let name: String
    let arguments: CallSyntax
    let line: Int
}
