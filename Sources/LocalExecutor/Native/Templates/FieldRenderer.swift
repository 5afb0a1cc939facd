import Jinja
import PipelineCore

/// Renders the template fields of a task as the Task SDK does before `execute`.
///
/// Rendering is synchronous, the values that templates ask for (`var`, `conn`, `ti.xcom_pull`) are not: a template that
/// needs one that is not at hand stops, the value is fetched, and it is rendered again.
struct FieldRenderer: Sendable {
    let launch: TaskLaunch
    let service: any TaskService
    let setup: LocalExecutorSetup

    /// Values that one task's templates may fetch.
    static let maximumFetches = 1_000

    struct Rendered: Sendable {
        var attributes: NativeAttributes
        /// The rendered fields as they are shown to people.
        var fields: JSONObject
        var masker = SecretsMasker()
        /// `map_index_template`, rendered; an error of it is the task's once it has succeeded.
        var mapIndex: Result<String?, FieldError> = .success(nil)
    }

    /// `nil` when a template uses something that only Python knows.
    /// - Throws: ``JinjaError`` `template` for what Jinja refuses, errors of the task service.
    func render(_ attributes: NativeAttributes, fields: [String]) async throws -> Rendered? {
        var fetched = FetchedValues()
        for _ in 0..<Self.maximumFetches {
            do {
                var rendered = try attempt(attributes, fields, fetched)
                rendered.masker = fetched.masker
                rendered.fields = rendered.masker.redacted(rendered.fields)
                return rendered
            } catch let missing as FetchedValues.Missing {
                try await fetched.fetch(missing.request, for: launch, from: service)
            } catch JinjaError.unsupported {
                return nil
            }
        }
        throw NativeFailure(.failure, "the templates fetch more than \(Self.maximumFetches) values")
    }

    private func attempt(
        _ attributes: NativeAttributes, _ fields: [String], _ fetched: FetchedValues
    ) throws -> Rendered {
        let context = try TemplateContext(launch: launch, setup: setup, fetched: fetched).make()
        var rendered = Rendered(attributes: attributes, fields: JSONObject())
        for field in fields {
            // An argument that was not given is no argument that is None.
            guard let written = attributes.values[field] else { continue }
            let value = try render(field, NativeAttributes.plain(written), context)
            rendered.attributes.values[field] = value
            rendered.fields[field] = value
        }
        if let template = launch.task.mapIndexTemplate { rendered.mapIndex = try mapIndex(template, context) }
        return rendered
    }

    private func mapIndex(_ template: String, _ context: JinjaContext) throws -> Result<String?, FieldError> {
        do {
            return .success(try Template(template).render(context))
        } catch JinjaError.template(let exception, let message, _) {
            return .failure(
                FieldError(
                    field: "map_index_template", template: .string(template), exception: exception, message: message))
        }
    }

    private func render(_ field: String, _ value: JSONValue, _ context: JinjaContext) throws -> JSONValue {
        do {
            return try render(value, context)
        } catch JinjaError.template(let exception, let message, _) {
            throw FieldError(field: field, template: value, exception: exception, message: message)
        } catch let failure as NativeFailure {
            throw FieldError(
                field: field, template: value, exception: failure.exception, message: failure.description)
        }
    }

    private func render(_ value: JSONValue, _ context: JinjaContext) throws -> JSONValue {
        switch value {
        case .string(let text): return try render(text, context)
        case .array(let elements): return .array(try elements.map { try render($0, context) })
        case .object(let members):
            // The wrapper of an encoded value (a datetime) is no text of the author's.
            if members["__type"] != nil { return value }
            return .object(JSONObject(try members.map { ($0.key, try render($0.value, context)) }))
        default: return value
        }
    }

    /// The operator's own `render_template_as_native_obj`, else the DAG's.
    private var rendersNativeObjects: Bool {
        launch.task.attributes["render_template_as_native_obj"]?.boolValue
            ?? launch.dag.header.renderTemplateAsNativeObject
    }

    private func render(_ text: String, _ context: JinjaContext) throws -> JSONValue {
        guard !Template.isPlain(text) else { return .string(text) }
        let template = try Template(text)
        guard rendersNativeObjects else { return .string(try template.render(context)) }
        return try JinjaJSON.json(try template.renderNative(context))
    }
}

/// A template that Jinja refuses, as Python would refuse it.
struct FieldError: Error {
    let field: String
    let template: JSONValue
    /// The exception's class in Python, and its text.
    let exception: String
    let message: String
}
