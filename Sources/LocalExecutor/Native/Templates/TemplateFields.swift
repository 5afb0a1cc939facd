import PipelineCore

/// Which attributes of an operator are templates.
enum TemplateFields {
    /// The serialized task says; a mapped task does not, so the stock classes' own lists stand in.
    static func of(_ operation: any NativeOperation.Type, _ task: TaskDefinition) -> [String] {
        task.templateFields.isEmpty ? operation.templateFields : task.templateFields
    }
}
