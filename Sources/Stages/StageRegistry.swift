/// The stages that a program offers, by name.
package struct StageRegistry: Sendable {
    package let stages: [any Stage]

    package init(_ stages: [any Stage]) { self.stages = stages }

    /// The stages of this package, in the order in which a pipeline runs them.
    package static let standard = StageRegistry([
        FetchDataStage(), TrainModelStage(), CheckMetricsStage(), InferStage(),
    ])

    /// - Throws: ``StageError`` with `misuse` and the nearest name.
    package func stage(named name: String) throws(StageError) -> any Stage {
        if let stage = stages.first(where: { $0.name == name }) { return stage }
        let names = stages.map(\.name)
        let hint = NearestName.hint(for: name, among: names)
        throw StageError(.misuse, "stage '\(name)' does not exist\(hint); stages: \(names.joined(separator: ", "))")
    }
}
