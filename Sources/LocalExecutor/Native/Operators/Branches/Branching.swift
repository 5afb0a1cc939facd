import PipelineCore

/// What a branch operator does once it has chosen: records what is followed, and skips the rest.
/// Source: Airflow 3.3 `sdk/bases/branch.py` (`do_branch`), `sdk/bases/skipmixin.py` (`skip_all_except`).
struct Branching: Sendable {
    let context: NativeContext

    private var task: TaskDefinition { context.launch.task }
    private var dag: DAG { context.launch.dag }

    /// - Parameter choice: a task or group id, or a list of them, as the author wrote it.
    func follow(_ choice: JSONValue) async throws -> NativeResult {
        await context.started(nil)
        context.say("Branch into \(choice.stringValue ?? choice.pythonText)")
        let chosen = unique(
            (choice.stringValue.map { [$0] } ?? choice.arrayValue?.compactMap(\.stringValue) ?? []).flatMap(expanded))
        context.say("Following branch \(Self.set(chosen))")
        let invalid = chosen.filter { dag[$0] == nil }
        guard invalid.isEmpty else {
            throw NativeFailure(
                .failure,
                "'branch_task_ids' must contain only valid task_ids. Invalid tasks found: \(Self.set(invalid)).")
        }
        guard !task.downstream.isEmpty else { return NativeResult(returnValue: choice) }
        return try await skipAllBut(withDescendants(chosen), choice)
    }

    private func skipAllBut(_ followed: Set<String>, _ choice: JSONValue) async throws -> NativeResult {
        let mapIndex = context.launch.instance.mapIndex
        let skipped = task.downstream.filter { !followed.contains($0) }
        let shown = skipped.map { "(\(PythonText.repr($0)), \(mapIndex))" }.joined(separator: ", ")
        context.say("Skipping tasks [\(shown)]")
        let kept = task.downstream.filter(followed.contains)
        try await context.pushXCom(XCom.skipMixinKey, ["followed": .array(kept.map(JSONValue.string))])
        // Of a mapped branch the tasks behind it are not expanded yet: they find the XCom when they are.
        guard !skipped.isEmpty, mapIndex == TaskInstanceKey.unmapped else { return NativeResult(returnValue: choice) }
        return NativeResult(ending: .skipsDownstream(skipped.map { SkipTarget(taskID: $0, mapIndex: mapIndex) }))
    }

    /// A task group stands for its roots.
    private func expanded(_ id: String) -> [String] {
        guard let group = Self.group(id, in: dag.rootGroup) else { return [id] }
        let members = Set(group.taskIDs)
        let roots = group.taskIDs.filter { dag[$0]?.upstream.allSatisfy { !members.contains($0) } ?? false }
        context.say("Expanding task group \(id) into \(JSONValue.array(roots.map(JSONValue.string)).pythonText)")
        return roots
    }

    private static func group(_ id: String, in group: TaskGroup) -> TaskGroup? {
        for case .group(let inner) in group.children {
            if inner.id == id { return inner }
            if let found = Self.group(id, in: inner) { return found }
        }
        return nil
    }

    private func withDescendants(_ ids: [String]) -> Set<String> {
        var found = Set(ids)
        var open = ids
        while let id = open.popLast() {
            for next in dag[id]?.downstream ?? [] where found.insert(next).inserted { open.append(next) }
        }
        return found
    }

    private func unique(_ ids: [String]) -> [String] {
        var seen: Set<String> = []
        return ids.filter { seen.insert($0).inserted }
    }

    /// A set of texts as Python prints it.
    private static func set(_ ids: [String]) -> String {
        ids.isEmpty ? "set()" : "{" + ids.map(PythonText.repr).joined(separator: ", ") + "}"
    }
}
