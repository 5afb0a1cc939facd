import PipelineCore

/// Which attributes of an operator are templates.
enum TemplateFields {
    /// The serialized task says; a mapped task does not, so the stock classes' own lists stand here too.
    static func of(_ operatorClass: String, _ task: TaskDefinition) -> [String] {
        task.templateFields.isEmpty ? stock[operatorClass] ?? [] : task.templateFields
    }

    private static let stock: [String: [String]] = [
        BashOperation.operatorClass: ["bash_command", "env", "cwd"]
    ]
}
