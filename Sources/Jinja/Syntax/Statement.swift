/// A piece of a template's body.
indirect enum Statement: Sendable {
    case data(String)
    case output(Expression, line: Int)
    case branch([Branch], otherwise: [Statement])
    case loop(Loop)
    case set(Target, Expression, line: Int)
    case setBlock(Target, filters: [FilterSyntax], body: [Statement], line: Int)
    case with([Binding], body: [Statement], line: Int)
    case filtered([FilterSyntax], body: [Statement], line: Int)
    /// `{% do expression %}`; Airflow turns this extension on.
    case evaluate(Expression, line: Int)

    struct Branch: Sendable {
        let test: Expression
        let body: [Statement]
        let line: Int
    }

    struct Loop: Sendable {
        let target: Target
        let iterable: Expression
        let condition: Expression?
        let body: [Statement]
        let otherwise: [Statement]
        let line: Int
    }

    struct Binding: Sendable {
        let target: Target
        let value: Expression
    }

    /// What an assignment stores into.
    indirect enum Target: Sendable {
        case name(String)
        case tuple([Target])
        /// `namespace.attribute`
        case attribute(of: String, String)
    }
}
