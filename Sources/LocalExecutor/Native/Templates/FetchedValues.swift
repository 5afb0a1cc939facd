import PipelineCore

/// The values that a task's templates have asked for so far.
struct FetchedValues: Sendable {
    enum Request: Sendable, Hashable {
        case variable(String)
        case connection(String)
        /// All values of a task and key in map-index order.
        case xcoms(run: RunKey, taskID: String, key: String, includePriorDates: Bool)
        case xcom(TaskInstanceKey, key: String, includePriorDates: Bool)
        case previousSuccess
    }

    enum Answer: Sendable {
        case text(String?)
        case connection(Connection?)
        case values([JSONValue])
        case value(JSONValue?)
        case run(DAGRun?)
    }

    /// A template needs a value that is not at hand.
    struct Missing: Error {
        let request: Request
    }

    private var answers: [Request: Answer] = [:]

    func answer(_ request: Request) throws(Missing) -> Answer {
        guard let answer = answers[request] else { throw Missing(request: request) }
        return answer
    }

    /// What of it must not be seen in logs, as the Task SDK masks what a task has asked for: the values of variables with
    /// telling names, passwords of connections, and telling members of their extras.
    var masker: SecretsMasker {
        var masker = SecretsMasker()
        for (request, answer) in answers {
            switch (request, answer) {
            case (.variable(let key), .text(let text?)): masker.add(.string(text), name: key)
            case (_, .connection(let connection?)):
                if let password = connection.password { masker.add(.string(password)) }
                if let extra = connection.extra.flatMap({ try? JSONValue.parse($0) }) { masker.add(extra) }
            default: break
            }
        }
        return masker
    }

    mutating func fetch(_ request: Request, for launch: TaskLaunch, from service: any TaskService) async throws {
        answers[request] = try await Self.answer(request, launch, service)
    }

    private static func answer(
        _ request: Request, _ launch: TaskLaunch, _ service: any TaskService
    ) async throws -> Answer {
        switch request {
        case .variable(let key): .text(try await service.variable(key))
        case .connection(let id): .connection(try await service.connection(id))
        case .xcoms(let run, let taskID, let key, let prior):
            .values(
                try await service.xcomSlice(
                    run: run, taskID: taskID, key: key, start: nil, stop: nil, step: nil, includePriorDates: prior))
        case .xcom(let task, let key, let prior):
            .value(try await service.xcom(task, key: key, includePriorDates: prior))
        case .previousSuccess: .run(try await previousSuccess(launch, service))
        }
    }

    private static func previousSuccess(_ launch: TaskLaunch, _ service: any TaskService) async throws -> DAGRun? {
        guard let logicalDate = launch.run.logicalDate else { return nil }
        return try await service.previousRun(dagID: launch.dag.id, before: logicalDate, states: [.success])
    }
}
