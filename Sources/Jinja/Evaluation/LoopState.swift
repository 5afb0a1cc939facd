/// The `loop` variable.
final class LoopState: JinjaObject {
    private let items: [JinjaValue]
    /// The pass, from 0.
    var index = 0
    private var lastChanged: [JinjaValue]?

    init(items: [JinjaValue]) {
        self.items = items
    }

    var typeName: String { "jinja2.runtime.LoopContext object" }

    func string() throws -> String { "<LoopContext \(index + 1)/\(items.count)>" }
    func repr() throws -> String { try string() }

    func attribute(_ name: String) throws -> JinjaValue? {
        switch name {
        case "index": return .int(index + 1)
        case "index0": return .int(index)
        case "revindex": return .int(items.count - index)
        case "revindex0": return .int(items.count - index - 1)
        case "first": return .bool(index == 0)
        case "last": return .bool(index == items.count - 1)
        case "length": return .int(items.count)
        case "depth": return .int(1)
        case "depth0": return .int(0)
        case "previtem":
            return index > 0 ? items[index - 1] : .undefined(JinjaUndefined(message: "there is no previous item"))
        case "nextitem":
            return index + 1 < items.count
                ? items[index + 1] : .undefined(JinjaUndefined(message: "there is no next item"))
        case "cycle": return .object(JinjaFunction("loop.cycle") { try self.cycle($0) })
        case "changed": return .object(JinjaFunction("loop.changed") { try self.changed($0) })
        default: throw unsupported("loop.\(name)")
        }
    }

    private func cycle(_ arguments: JinjaArguments) throws -> JinjaValue {
        guard arguments.keywords.isEmpty else { throw unsupported("keyword of loop.cycle()") }
        if arguments.positional.isEmpty { throw pythonError("TypeError", "no items for cycling given") }
        return arguments.positional[index % arguments.positional.count]
    }

    private func changed(_ arguments: JinjaArguments) throws -> JinjaValue {
        guard arguments.keywords.isEmpty else { throw unsupported("keyword of loop.changed()") }
        let isSame = try lastChanged.map { try Comparison.equal(.tuple($0), .tuple(arguments.positional)) } ?? false
        lastChanged = arguments.positional
        return .bool(!isSame)
    }
}
