/// Renders a template field as an operator's `render_template` does: text, and text inside of lists, tuples and dicts.
package struct TemplateField {
    private let context: JinjaContext
    private let isNative: Bool
    private let fileExtensions: [String]
    private let loadFile: (String) throws -> String?

    /// - Parameters:
    ///   - context: the names that templates see.
    ///   - isNative: the DAG's (or operator's) `render_template_as_native_obj`.
    ///   - fileExtensions: the operator's `template_ext`; text that ends in one of them names a file.
    ///   - loadFile: gives such a file's content from the DAG's folder or search path; nil when there is none.
    package init(
        context: JinjaContext, isNative: Bool = false, fileExtensions: [String] = [],
        loadFile: @escaping (String) throws -> String? = { _ in nil }
    ) {
        self.context = context
        self.isNative = isNative
        self.fileExtensions = fileExtensions
        self.loadFile = loadFile
    }

    /// The rendered value. Keys of dicts stay as they are.
    /// - Throws: `JinjaError`, or whatever a hook threw.
    package func render(_ value: JinjaValue) throws -> JinjaValue {
        switch value {
        case .string(let source): return try render(source: source)
        case .list(let list): return .list(try list.items.map { try render($0) })
        case .tuple(let items): return .tuple(try items.map { try render($0) })
        case .dict(let dict):
            let rendered = JinjaDict()
            for entry in dict.entries { try rendered.set(entry.key, try render(entry.value)) }
            return .dict(rendered)
        case .object(let object): throw unsupported("template field with a \(object.typeName)")
        default: return value
        }
    }

    private func render(source: String) throws -> JinjaValue {
        var text = source
        if fileExtensions.contains(where: { source.hasSuffix($0) }) {
            guard let content = try loadFile(source) else {
                throw pythonError("TemplateNotFound", source)
            }
            text = content
        }
        let template = try Template(text)
        return isNative ? try template.renderNative(context) : .string(try template.render(context))
    }
}
