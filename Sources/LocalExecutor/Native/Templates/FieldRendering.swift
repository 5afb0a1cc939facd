import Jinja
import PipelineCore

/// One attempt to render the fields of a task with what is at hand.
/// Source: Airflow 3.3 `sdk/definitions/_internal/templater.py` (`render_template`).
struct FieldRendering {
    let context: JinjaContext
    let references: ResultReference
    /// `render_template_as_native_obj`.
    let isNative: Bool
    /// A text that ends in one of these names a file.
    let fileExtensions: [String]

    /// - Throws: ``FieldError`` for what Jinja refuses, `unsupported` for what only Python can say.
    func render(_ field: String, _ value: JSONValue) throws -> JSONValue {
        do {
            return try render(value)
        } catch JinjaError.template(let exception, let message, _) {
            throw FieldError(field: field, template: value, exception: exception, message: message)
        } catch let failure as NativeFailure {
            throw FieldError(
                field: field, template: value, exception: failure.exception, message: failure.description)
        }
    }

    private func render(_ value: JSONValue) throws -> JSONValue {
        switch value {
        case .string(let text): return try render(text)
        case .array(let elements): return .array(try elements.map(render))
        case .object(let members):
            if ResultReference.isReference(value) { return try references.value(of: value) }
            // The wrapper of an encoded value (a datetime) is no text of the author's.
            if members["__type"] != nil { return value }
            return .object(JSONObject(try members.map { ($0.key, try render($0.value)) }))
        default: return value
        }
    }

    private func render(_ text: String) throws -> JSONValue {
        // Where the file may be is known to the DAG's own code only.
        if fileExtensions.contains(where: text.hasSuffix) { throw unsupported("the template file \(text)") }
        guard !Template.isPlain(text) else { return .string(text) }
        let template = try Template(text)
        guard isNative else { return .string(try template.render(context)) }
        return try JinjaJSON.json(try template.renderNative(context))
    }
}

/// A template that Jinja refuses, as Python would refuse it.
struct FieldError: Error, CustomStringConvertible {
    let field: String
    let template: JSONValue
    /// The exception's class in Python, and its text.
    let exception: String
    let message: String

    var description: String { "\(field): \(exception): \(message)" }
}
