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
    /// The operator's `template_ext`.
    var fileExtensions: [String] = []
    /// The whole pod of an operator is wanted, not only its template fields.
    var rendersPod = false

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
        let rendering = FieldRendering(
            context: context, references: ResultReference(launch: launch, fetched: fetched),
            isNative: rendersNativeObjects, fileExtensions: fileExtensions)
        var rendered = Rendered(attributes: attributes, fields: JSONObject())
        for field in fields {
            // An argument that was not given is no argument that is None.
            guard let written = attributes.values[field] else { continue }
            let value = try rendering.render(field, NativeAttributes.plain(written))
            rendered.attributes.values[field] = value
            rendered.fields[field] = value
        }
        if rendersPod || setup.pods != nil, let pod = rendered.attributes.values["pod"] {
            rendered.attributes.values["pod"] = try PodTemplates.rendered(pod) { try rendering.render($0, $1) }
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

    /// The operator's own `render_template_as_native_obj`, else the DAG's.
    private var rendersNativeObjects: Bool {
        launch.task.attributes["render_template_as_native_obj"]?.boolValue
            ?? launch.dag.header.renderTemplateAsNativeObject
    }
}
