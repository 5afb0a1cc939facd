extension Template {
    /// Says before a run why a template cannot be rendered here, or nil when everything it names is covered.
    ///
    /// Names, filters, tests and the attributes of `macros` are checked. What a value turns out to be is only known at run
    /// time, so `render` may still answer `unsupported`.
    ///
    /// - Parameter knownNames: the names the context will have. A name that is neither known nor set by the template is
    ///   a reason: it may be a macro of the DAG's author, and if it is not, Python has the exact error.
    package func unsupportedReason(knownNames: Set<String>) -> String? {
        var analysis = TemplateAnalysis(names: knownNames.union(Globals.names).union(["loop"]))
        analysis.visit(statements)
        return analysis.reason
    }

    /// The same for a template's text, including what the parser leaves to Python. A syntax error is no reason: it is
    /// the template's own fault and `init` throws it.
    package static func unsupportedReason(_ source: String, knownNames: Set<String>) -> String? {
        do {
            return try Template(source).unsupportedReason(knownNames: knownNames)
        } catch JinjaError.unsupported(let feature, let line) {
            return "\(feature), line \(line)"
        } catch {
            return nil
        }
    }
}

/// Walks a template and keeps the first thing that is not covered.
private struct TemplateAnalysis {
    private(set) var reason: String?
    private var names: Set<String>

    init(names: Set<String>) {
        self.names = names
    }

    private mutating func report(_ text: String, line: Int) {
        if reason == nil { reason = "\(text), line \(line)" }
    }

    mutating func visit(_ statements: [Statement]) {
        for statement in statements where reason == nil { visit(statement) }
    }

    private mutating func visit(_ statement: Statement) {
        switch statement {
        case .data: break
        case .output(let expression, let line), .evaluate(let expression, let line): visit(expression, line)
        case .branch(let branches, let otherwise):
            for branch in branches {
                visit(branch.test, branch.line)
                visit(branch.body)
            }
            visit(otherwise)
        case .loop(let loop): visit(loop)
        case .set(let target, let expression, let line):
            visit(expression, line)
            define(target)
        case .setBlock(let target, let filters, let body, let line):
            visit(body)
            visit(filters, line)
            define(target)
        case .with(let bindings, let body, let line):
            for binding in bindings { visit(binding.value, line) }
            scoped {
                for binding in bindings { $0.define(binding.target) }
                $0.visit(body)
            }
        case .filtered(let filters, let body, let line):
            visit(filters, line)
            visit(body)
        }
    }

    private mutating func visit(_ loop: Statement.Loop) {
        visit(loop.iterable, loop.line)
        scoped {
            $0.define(loop.target)
            if let condition = loop.condition {
                if TemplateAnalysis.mentionsLoop(condition) { $0.report("loop in a loop's condition", line: loop.line) }
                $0.visit(condition, loop.line)
            }
            $0.visit(loop.body)
        }
        scoped { $0.visit(loop.otherwise) }
    }

    private static func mentionsLoop(_ expression: Expression) -> Bool {
        var probe = TemplateAnalysis(names: [])
        probe.visit(expression, 0)
        return probe.reason == "name loop, line 0"
    }

    private mutating func scoped(_ body: (inout TemplateAnalysis) -> Void) {
        let outer = names
        body(&self)
        names = outer
    }

    private mutating func define(_ target: Statement.Target) {
        switch target {
        case .name(let name): names.insert(name)
        case .attribute: break
        case .tuple(let targets): for inner in targets { define(inner) }
        }
    }

    private mutating func visit(_ filters: [FilterSyntax], _ line: Int) {
        for filter in filters {
            if Filters.all[filter.name] == nil { report("filter \(filter.name)", line: filter.line) }
            visit(filter.arguments, line)
        }
    }

    private mutating func visit(_ call: CallSyntax, _ line: Int) {
        for argument in call.positional { visit(argument, line) }
        for keyword in call.keywords { visit(keyword.value, line) }
        if let starred = call.starred { visit(starred, line) }
        if let starred = call.doubleStarred { visit(starred, line) }
    }

    private mutating func visit(_ expression: Expression, _ line: Int) {
        guard reason == nil else { return }
        switch expression {
        case .none, .bool, .int, .double, .string: break
        case .name(let name): if !names.contains(name) { report("name \(name)", line: line) }
        case .list(let items), .tuple(let items), .concat(let items): for item in items { visit(item, line) }
        case .dict(let items):
            for item in items {
                visit(item.key, line)
                visit(item.value, line)
            }
        case .negate(let operand), .plus(let operand), .not(let operand): visit(operand, line)
        case .and(let left, let right), .or(let left, let right), .arithmetic(_, let left, let right):
            visit(left, line)
            visit(right, line)
        case .compare(let first, let comparisons):
            visit(first, line)
            for comparison in comparisons { visit(comparison.operand, line) }
        default: visitPlaced(expression, line)
        }
    }

    private mutating func visitPlaced(_ expression: Expression, _ line: Int) {
        switch expression {
        case .conditional(let test, let then, let otherwise, let line):
            for part in [test, then, otherwise].compactMap({ $0 }) { visit(part, line) }
        case .attribute(let owner, let name, let line):
            if case .name("macros") = owner, (try? JinjaMacros().attribute(name)) == nil {
                report("macros.\(name)", line: line)
            }
            if name.hasPrefix("__") { report("attribute \(name)", line: line) }
            visit(owner, line)
        case .item(let owner, let index, let line):
            visit(owner, line)
            visit(index, line)
        case .slice(let lower, let upper, let step):
            for part in [lower, upper, step].compactMap({ $0 }) { visit(part, line) }
        case .call(let callee, let arguments, let line):
            visit(callee, line)
            visit(arguments, line)
        case .filter(let operand, let syntax):
            visit(operand, line)
            visit([syntax], syntax.line)
        case .test(let operand, let syntax):
            if !Tests.names.contains(syntax.name) { report("test \(syntax.name)", line: syntax.line) }
            visit(operand, line)
            visit(syntax.arguments, line)
        default: break
        }
    }
}
