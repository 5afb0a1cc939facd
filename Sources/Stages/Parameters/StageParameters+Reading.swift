import PipelineCore

extension StageParameters {
    /// The environment variable that may hold parameters as a JSON object.
    package static let environmentName = "PIPELINE_PARAMS"

    /// Reads and checks what was given for `stage`: `KEY=VALUE` texts over the object of `PIPELINE_PARAMS` over
    /// defaults.
    /// - Throws: ``StageError`` with `misuse`, naming the field, its value, what is allowed and the nearest name.
    package static func read(
        sets: [String], environment: [String: String], for stage: any Stage
    ) throws(StageError) -> StageParameters {
        var reader = Reader(stage: stage)
        if let text = environment[environmentName], !text.isEmpty { try reader.read(json: text) }
        for set in sets { try reader.read(set: set) }
        return try reader.finish()
    }

    private struct Reader {
        let stage: any Stage
        var given = JSONObject()

        mutating func read(json text: String) throws(StageError) {
            let document: JSONValue
            do { document = try JSONValue.parse(text) } catch {
                throw StageError(.misuse, "\(environmentName) is not JSON: \(error)")
            }
            guard let members = document.objectValue else {
                throw StageError(.misuse, "\(environmentName) is not a JSON object; give {\"name\": value, ...}")
            }
            for (name, value) in members {
                given[name] = try declaration(of: name).value(fromJSON: value, of: name)
            }
        }

        mutating func read(set: String) throws(StageError) {
            guard let equals = set.firstIndex(of: "="), equals > set.startIndex else {
                throw StageError(.misuse, "--set \(set): give NAME=VALUE")
            }
            let name = String(set[..<equals])
            given[name] = try declaration(of: name).value(
                fromText: String(set[set.index(after: equals)...]), of: name)
        }

        func finish() throws(StageError) -> StageParameters {
            var values = JSONObject()
            for parameter in stage.parameters where parameter.familyWord == nil {
                guard let value = given[parameter.name] ?? parameter.defaultValue else {
                    throw StageError(
                        .misuse, "parameter \(parameter.name) of \(stage.name) is required: \(parameter.help)")
                }
                values[parameter.name] = value
            }
            return StageParameters(values: values.merging(given), given: given.keys)
        }

        private func declaration(of name: String) throws(StageError) -> StageParameter {
            // A fixed name goes before a family: `max_regression` is no bound on a metric.
            let declared = stage.parameters.filter { $0.declares(name) }
            if let found = declared.first(where: { $0.familyWord == nil }) ?? declared.first { return found }
            let names = stage.parameters.map(\.displayName)
            let hint = NearestName.hint(for: name, among: names)
            throw StageError(
                .misuse,
                "\(stage.name) has no parameter '\(name)'\(hint); parameters: \(names.joined(separator: ", "))")
        }
    }
}
