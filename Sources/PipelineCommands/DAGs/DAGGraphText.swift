import ArgumentParser
import PipelineCore
import PythonHost

/// The graph of a DAG as text.
enum DAGGraphText {
    /// Deeper tasks are not moved further in: they carry the number of their level.
    private static let deepestIndent = 24

    /// Each task once, below the first of its upstream tasks; under the others it is named with an arrow.
    static func tree(_ dag: DAG) -> String {
        var lines: [String] = [dag.id]
        var shown = Set<String>()
        for task in dag.tasks where task.upstream.isEmpty { append(task.id, dag, 1, &shown, &lines) }
        return lines.joined(separator: "\n")
    }

    private static func append(_ id: String, _ dag: DAG, _ depth: Int, _ shown: inout Set<String>, _ lines: inout [String]) {
        guard let task = dag[id] else { return }
        let level = depth > deepestIndent ? "[\(depth)] " : ""
        let indent = String(repeating: "  ", count: min(depth, deepestIndent)) + level
        guard shown.insert(id).inserted else { return lines.append("\(indent)-> \(id)") }
        var line = "\(indent)\(id)  <\(task.operatorName)\(task.isMapped ? " [mapped]" : "")>"
        if task.triggerRule != .allSuccess { line += "  \(task.triggerRule.rawValue)" }
        lines.append(line)
        for downstream in task.downstream { append(downstream, dag, depth + 1, &shown, &lines) }
    }

    static func dot(_ dag: DAG) -> String {
        func quoted(_ text: String) -> String {
            "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
        }
        let nodes = dag.tasks.map { "  \(quoted($0.id)) [label=\(quoted($0.id)) tooltip=\(quoted($0.operatorName))];" }
        let edges = dag.tasks.flatMap { task in task.downstream.map { "  \(quoted(task.id)) -> \(quoted($0));" } }
        return (["digraph \(quoted(dag.id)) {", "  rankdir=LR;"] + nodes + edges + ["}"]).joined(separator: "\n")
    }
}
