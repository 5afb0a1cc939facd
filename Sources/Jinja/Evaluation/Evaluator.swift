/// Walks a template's statements and gathers the output.
final class Evaluator {
    let context: JinjaContext
    /// The place of what is being evaluated, for errors.
    var line = 1
    private(set) var scope = Scope(parent: nil)
    private var output = Output()
    private let limits: Limits
    private var steps = 0

    /// Bounds that keep a template from running for ever or filling the memory.
    struct Limits {
        /// Statements and loop passes in one rendering.
        var steps = 5_000_000
        /// Bytes of output.
        var outputBytes = 64 << 20
    }

    /// What a body printed: the text, and for native rendering the separate values.
    struct Output {
        var text = ""
        var values: [JinjaValue]?
    }

    init(context: JinjaContext, isNative: Bool = false, limits: Limits = Limits()) {
        self.context = context
        self.limits = limits
        if isNative { output.values = [] }
    }

    var isNative: Bool { output.values != nil }

    /// Runs a template and answers what it printed. Errors get the line they came from.
    func run(_ statements: [Statement]) throws -> Output {
        do {
            try execute(statements)
        } catch let error as JinjaError {
            throw error.located(at: line)
        }
        return output
    }

    func execute(_ statements: [Statement]) throws {
        for statement in statements { try execute(statement) }
    }

    private func execute(_ statement: Statement) throws {
        try step()
        switch statement {
        case .data(let text): try write(text)
        case .output(let expression, let place):
            line = place
            try write(try evaluate(expression))
        case .branch(let branches, let otherwise): try executeBranch(branches, otherwise)
        case .loop(let loop): try executeLoop(loop)
        case .set(let target, let expression, let place):
            line = place
            try checkNamespaces(target)
            try assign(target, try evaluate(expression))
        case .setBlock(let target, let filters, let body, let place):
            try assign(target, try captured(body, filters, line: place))
        case .with(let bindings, let body, let place): try executeWith(bindings, body, line: place)
        case .filtered(let filters, let body, let place):
            try write(try captured(body, filters, line: place))
        case .evaluate(let expression, let place):
            line = place
            _ = try evaluate(expression)
        }
    }

    private func step() throws {
        steps += 1
        if steps > limits.steps { throw unsupported("template of more than \(limits.steps) steps") }
    }

    private func write(_ text: String) throws {
        if isNative { return output.values?.append(.string(text)) ?? () }
        output.text += text
        if output.text.utf8.count > limits.outputBytes { throw unsupported("output above \(limits.outputBytes) bytes") }
    }

    private func write(_ value: JinjaValue) throws {
        if isNative {
            output.values?.append(value)
        } else {
            try write(try value.string())
        }
    }

    private func executeBranch(_ branches: [Statement.Branch], _ otherwise: [Statement]) throws {
        for branch in branches {
            line = branch.line
            if try evaluate(branch.test).truth() { return try execute(branch.body) }
        }
        try execute(otherwise)
    }

    private func executeLoop(_ loop: Statement.Loop) throws {
        line = loop.line
        let iterable = try evaluate(loop.iterable)
        let items = try filtered(try iterable.elements(), loop)
        let state = LoopState(items: items)
        for index in items.indices {
            try step()
            state.index = index
            try inScope {
                scope.set("loop", .object(state))
                try assign(loop.target, items[index])
                try execute(loop.body)
            }
            if case .list(let list) = iterable, loop.condition == nil, list.items.count != items.count {
                throw unsupported("list changed while it is looped over")
            }
        }
        if items.isEmpty { try inScope { try execute(loop.otherwise) } }
    }

    private func filtered(_ items: [JinjaValue], _ loop: Statement.Loop) throws -> [JinjaValue] {
        guard let condition = loop.condition else { return items }
        return try items.filter { item in
            try inScope {
                try assign(loop.target, item)
                return try evaluate(condition).truth()
            }
        }
    }

    private func executeWith(_ bindings: [Statement.Binding], _ body: [Statement], line place: Int) throws {
        line = place
        let values = try bindings.map { try evaluate($0.value) }
        try inScope {
            for (binding, value) in zip(bindings, values) { try assign(binding.target, value) }
            try execute(body)
        }
    }

    /// The output of a body as a value, passed through filters.
    private func captured(_ body: [Statement], _ filters: [FilterSyntax], line place: Int) throws -> JinjaValue {
        if isNative { throw unsupported("block assignment in native rendering") }
        let outer = output
        output = Output()
        defer { output = outer }
        try inScope { try execute(body) }
        line = place
        return try filters.reduce(JinjaValue.string(output.text)) { try apply($1, to: $0) }
    }

    private func inScope<Result>(_ body: () throws -> Result) throws -> Result {
        let outer = scope
        scope = Scope(parent: outer)
        defer { scope = outer }
        return try body()
    }

    private func assign(_ target: Statement.Target, _ value: JinjaValue) throws {
        switch target {
        case .name(let name): scope.set(name, value)
        case .attribute(let owner, let name):
            guard case .object(let object) = try lookup(owner) else {
                throw pythonError("TemplateRuntimeError", "cannot assign attribute on non-namespace object")
            }
            try object.assign(name, value)
        case .tuple(let targets): try unpack(targets, value)
        }
    }

    /// Jinja looks at the namespace before it evaluates the value.
    private func checkNamespaces(_ target: Statement.Target) throws {
        switch target {
        case .name: break
        case .tuple(let targets): for inner in targets { try checkNamespaces(inner) }
        case .attribute(let owner, _):
            guard case .object(let object) = try lookup(owner), object is Namespace else {
                throw pythonError("TemplateRuntimeError", "cannot assign attribute on non-namespace object")
            }
        }
    }

    private func unpack(_ targets: [Statement.Target], _ value: JinjaValue) throws {
        let items: [JinjaValue]
        do {
            items = try value.elements()
        } catch JinjaError.template(exception: "TypeError", message: _, line: _) {
            throw pythonError("TypeError", "cannot unpack non-iterable \(value.pythonTypeName) object")
        }
        if items.count > targets.count {
            throw pythonError("ValueError", "too many values to unpack (expected \(targets.count))")
        }
        if items.count < targets.count {
            throw pythonError(
                "ValueError", "not enough values to unpack (expected \(targets.count), got \(items.count))")
        }
        for (target, item) in zip(targets, items) { try assign(target, item) }
    }

    /// A name's value: what the template set, the context, Jinja's globals, or undefined.
    func lookup(_ name: String) throws -> JinjaValue {
        if let value = scope.value(name) { return value }
        if let value = try context.value(name) { return value }
        if let value = Globals.value(name) { return value }
        return .undefined(JinjaUndefined(message: "\(PythonText.repr(name)) is undefined"))
    }
}
