/// A parsed template. Parse once, render as often as you like, from any thread.
///
/// The language is Jinja 3.1 as Airflow 3 sets it up: sandboxed, `StrictUndefined`, the `do` extension, no automatic
/// escaping, Airflow's date filters. A DAG that brings its own filters, macros, undefined type or Jinja options is not
/// for this renderer; the caller knows that from the DAG.
package struct Template: Sendable {
    let statements: [Statement]

    /// - Parameters:
    ///   - source: the template's text.
    ///   - keepTrailingNewline: Jinja's option of this name; off in Airflow.
    /// - Throws: `JinjaError.template` with Jinja's `TemplateSyntaxError`, or `.unsupported` for statements that this
    ///   renderer leaves to Python (`macro`, `include`, ...).
    package init(_ source: String, keepTrailingNewline: Bool = false) throws {
        statements = try Parser.parse(source, keepTrailingNewline: keepTrailingNewline)
    }

    /// Whether the text has nothing to render, so that a caller need not build a context.
    package static func isPlain(_ source: String) -> Bool {
        var previous: UInt8 = 0
        for byte in source.utf8 {
            if previous == UInt8(ascii: "{"), byte == UInt8(ascii: "{") || byte == UInt8(ascii: "%") || byte == UInt8(ascii: "#") {
                return false
            }
            previous = byte
        }
        return !source.hasSuffix("\n") && !source.utf8.contains(13)
    }

    /// The text, as Airflow renders a template field.
    /// - Throws: `JinjaError`, or whatever a hook of the context threw.
    package func render(_ context: JinjaContext) throws -> String {
        try Evaluator(context: context).run(statements).text
    }

    /// The value, as Airflow renders with `render_template_as_native_obj=True`.
    /// - Throws: `JinjaError`, or whatever a hook of the context threw.
    package func renderNative(_ context: JinjaContext) throws -> JinjaValue {
        let values = try Evaluator(context: context, isNative: true).run(statements).values ?? []
        return try NativeLiteral.concatenate(values)
    }
}
