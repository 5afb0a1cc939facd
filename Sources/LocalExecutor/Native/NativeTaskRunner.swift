import Jinja
import PipelineCore

/// Runs stock operators without Python: renders their templates, executes them, reports as the Task SDK would.
struct NativeTaskRunner: Sendable {
    let setup: LocalExecutorSetup
    let service: any TaskService

    /// Whether what the launch became goes on without this process: a pod does.
    func outlivesPipeline(_ launch: TaskLaunch) -> Bool { setup.outlivesPipeline(launch) }

    /// `nil` when the launch needs the Python runner after all (a template that is not covered): nothing has happened
    /// to the task then.
    func run(_ launch: TaskLaunch, control: LaunchControl) async -> RunnerEnd? {
        guard !launch.isResume, let native = launch.task.native,
            let operation = NativeOperations.known[native.operatorClass],
            !(operation.needsProcess && setup.runsProcessesInPods)
        else { return nil }
        do {
            let mapped = MappedAttributes(launch, native, operation, service)
            guard let attributes = try await mapped.resolved(), operation.pythonReason(attributes, launch) == nil
            else { return nil }
            let renderer = FieldRenderer(
                launch: launch, service: service, setup: setup, fileExtensions: operation.templateExtensions)
            let fields = TemplateFields.of(operation, launch.task)
            guard let rendered = try await renderer.render(attributes, fields: fields),
                operation.pythonReason(rendered.attributes, launch) == nil
            else { return nil }
            return await execute(launch, control) { context in
                context.log.mask(rendered.masker)
                try await clearXComs(of: launch, operation)
                try await service.setRenderedFields(rendered.fields, of: launch.instance.key)
                // A failed task keeps its name, if it has one; a name that cannot be had fails a task only at its end.
                if case .success(let name?) = rendered.mapIndex {
                    try await service.setRenderedMapIndex(name, launch.id)
                }
                let result = try await operation.init(rendered.attributes).execute(context)
                _ = try rendered.mapIndex.get()
                return result
            } finalize: { context in
                let links = try await operation.init(rendered.attributes).links(context)
                for link in links { try await context.pushXCom(link.key, .string(link.url)) }
            }
        } catch {
            // A template that Jinja itself refuses, a value that cannot be had: the task fails as it does in Airflow.
            return await execute(launch, control) { _ in
                throw error
            } finalize: { _ in
            }
        }
    }

    /// The template fields as the task would show them, without running it; `nil` when only Python can say.
    /// - Throws: ``FieldError`` for a template that Jinja refuses, errors of the task service.
    func renderedFields(of launch: TaskLaunch) async throws -> JSONObject? {
        guard let native = launch.task.native, let operation = NativeOperations.known[native.operatorClass],
            let attributes = try await MappedAttributes(launch, native, operation, service).resolved()
        else { return nil }
        let renderer = FieldRenderer(
            launch: launch, service: service, setup: setup, fileExtensions: operation.templateExtensions)
        return try await renderer.render(attributes, fields: TemplateFields.of(operation, launch.task))?.fields
    }

    /// As ``LocalExecutor/podAttributes(of:)``.
    func podAttributes(of launch: TaskLaunch) async throws -> JSONObject? {
        let operation = KubernetesPodOperation.self
        guard let native = launch.task.native, native.operatorClass == operation.operatorClass,
            let attributes = try await MappedAttributes(launch, native, operation, service).resolved()
        else { return nil }
        let renderer = FieldRenderer(launch: launch, service: service, setup: setup, rendersPod: true)
        return try await renderer.render(attributes, fields: TemplateFields.of(operation, launch.task))?.attributes.values
    }

    /// What earlier tries have left must not be taken for this one's.
    private func clearXComs(of launch: TaskLaunch, _ operation: any NativeOperation.Type) async throws {
        guard launch.instance.tryNumber > 1 else { return }
        for key in [XCom.returnKey] + operation.xcomKeys {
            try await service.deleteXCom(launch.instance.key, key: key)
        }
    }

    private func execute(
        _ launch: TaskLaunch, _ control: LaunchControl,
        _ body: @escaping @Sendable (NativeContext) async throws -> NativeResult,
        finalize: @Sendable (NativeContext) async throws -> Void
    ) async -> RunnerEnd {
        let log: TaskLog
        do {
            log = try openLog(launch)
        } catch {
            return .notStarted(reason: "\(error)")
        }
        let context = NativeContext(launch: launch, log: log, service: service, control: control, setup: setup)
        let end = await Execution(context: context).end(of: body, finalize: finalize)
        control.processEnded()
        return end
    }

    private func openLog(_ launch: TaskLaunch) throws -> TaskLog {
        TaskLog(
            descriptor: try setup.logs.openForAppending(launch.logPath), instance: launch.instance,
            wallClock: setup.wallClock, maximumBytes: setup.maximumLogBytes)
    }
}
