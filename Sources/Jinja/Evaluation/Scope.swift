/// Names set by the template, innermost first: a loop's body, a `with` block, the template itself.
final class Scope {
    private var values: [String: JinjaValue] = [:]
    private let parent: Scope?

    init(parent: Scope?) {
        self.parent = parent
    }

    func value(_ name: String) -> JinjaValue? {
        var scope: Scope? = self
        while let current = scope {
            if let value = current.values[name] { return value }
            scope = current.parent
        }
        return nil
    }

    func set(_ name: String, _ value: JinjaValue) { values[name] = value }
}
