package import PipelineCore

/// The checked values of a stage's parameters, defaults included.
package struct StageParameters: Sendable, Hashable {
    private var values: JSONObject
    /// The names that somebody gave, in their order.
    package let given: [String]

    init(values: JSONObject, given: [String]) {
        self.values = values
        self.given = given
    }

    /// All values, for records.
    package var json: JSONValue { .object(values) }

    /// A text that is given or has a default. Asking for what the stage did not declare is a fault of the stage.
    package func text(_ name: String) -> String { required(name, optionalText(name)) }
    package func integer(_ name: String) -> Int { required(name, optionalInteger(name)) }
    package func number(_ name: String) -> Double { required(name, optionalNumber(name)) }
    package func flag(_ name: String) -> Bool { required(name, values[name]?.boolValue) }

    package func optionalText(_ name: String) -> String? { values[name]?.stringValue }
    package func optionalInteger(_ name: String) -> Int? { values[name]?.intValue }
    package func optionalNumber(_ name: String) -> Double? { values[name]?.doubleValue }

    /// The given members of a family: the words behind `prefix` with their numbers.
    package func numbers(prefix: String) -> [(word: String, value: Double)] {
        given.filter { $0.hasPrefix(prefix) }.compactMap { name in
            values[name]?.doubleValue.map { (String(name.dropFirst(prefix.count)), $0) }
        }
    }

    private func required<Value>(_ name: String, _ value: Value?) -> Value {
        guard let value else { preconditionFailure("the stage does not declare parameter \(name) as it reads it") }
        return value
    }
}
