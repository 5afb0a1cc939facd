import PipelineCore

/// What a checkpoint says of the data that it was trained on.
struct CheckpointOrigin: Sendable, Hashable {
    var path: String
    /// `nil` where the file does not say it.
    var isSynthetic: Bool?
    var classNames: [String]?

    /// - Parameter metadata: of the file.
    init(path: String, metadata: [String: String]) {
        self.path = path
        isSynthetic = metadata["synthetic"].flatMap { Bool($0) }
        classNames = metadata["class_names"].flatMap { try? JSONValue.parse($0).arrayValue }?.compactMap(\.stringValue)
    }

    var json: JSONObject { ["checkpoint_synthetic": isSynthetic.map { .bool($0) } ?? .null] }

    /// Tells where the weights and the images do not belong together.
    func compare(with set: ImageDataset, _ progress: any ProgressReporter) {
        guard let classNames, classNames != set.classNames else { return }
        let place = zip(classNames, set.classNames).enumerated().first { $0.element.0 != $0.element.1 }
        var fields: JSONObject = ["checkpoint": .string(path)]
        if let (label, names) = place {
            fields["reason"] = .string(
                "class \(label) is '\(names.0)' in the checkpoint and '\(names.1)' in the data; the accuracy says little"
            )
        }
        progress.event("class_names_differ", fields)
    }
}
