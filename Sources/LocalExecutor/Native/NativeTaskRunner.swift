import Jinja
import PipelineCore

/// Runs stock operators without Python: renders their templates, executes them, reports as the Task SDK would.
struct NativeTaskRunner: Sendable {
    let setup: LocalExecutorSetup
    let service: any TaskService

    /// `nil` when the launch needs the Python runner after all (a template that is not covered): nothing has happened
    /// to the task then.
    func run(_ launch: TaskLaunch, control: LaunchControl) async -> RunnerEnd? {
        guard let native = launch.task.native, let operation = NativeOperations.known[native.operatorClass] else {
            return nil
        }
        do {
            guard let attributes = try await MappedAttributes(launch, native, service).resolved() else { return nil }
            let renderer = FieldRenderer(launch: launch, service: service, setup: setup)
            let fields = TemplateFields.of(native.operatorClass, launch.task)
            guard let rendered = try await renderer.render(attributes, fields: fields) else { return nil }
            return await run(launch, operation, rendered, control)
        } catch {
            return await failBeforeStart(launch, error)
        }
    }

    private func run(
        _ launch: TaskLaunch, _ operation: any NativeOperation.Type, _ rendered: FieldRenderer.Rendered,
        _ control: LaunchControl
    ) async -> RunnerEnd {
        let log: TaskLog
        do {
            log = try openLog(launch)
        } catch {
            return .notStarted(reason: "\(error)")
        }
        let context = NativeContext(launch: launch, log: log, service: service, control: control, setup: setup)
        let outcome = await Execution(context: context).outcome { context in
            try await service.setRenderedFields(rendered.fields, of: launch.instance.key)
            return try await operation.init(rendered.attributes).execute(context)
        }
        control.processEnded()
        return .outcome(outcome)
    }

    /// A template that Jinja itself refuses, a value that cannot be had: the task fails as it does in Airflow.
    private func failBeforeStart(_ launch: TaskLaunch, _ error: any Error) async -> RunnerEnd {
        guard let log = try? openLog(launch) else { return .notStarted(reason: "\(error)") }
        let control = LaunchControl(grace: setup.killGrace, clock: setup.clock)
        let context = NativeContext(launch: launch, log: log, service: service, control: control, setup: setup)
        await context.started(nil)
        return .outcome(await Execution(context: context).outcome { _ in throw error })
    }

    private func openLog(_ launch: TaskLaunch) throws -> TaskLog {
        TaskLog(
            descriptor: try setup.logs.openForAppending(launch.logPath), instance: launch.instance,
            wallClock: setup.wallClock)
    }
}
