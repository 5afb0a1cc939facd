/// A parameter that a run cannot be made with. The wording is Airflow's (`Invalid input for param n: ...`).
package struct ParamError: Error, Hashable, CustomStringConvertible {
    /// Name of the parameter.
    package var param: String
    /// The value that was refused; `nil` where there was none.
    package var value: JSONValue?
    /// The word of the schema that refused it (`minimum`, `type`, ...), `required` where there was no value.
    package var rule: String
    /// What is wrong with the value, e.g. `0 is less than the minimum of 1`.
    package var message: String

    package init(param: String, value: JSONValue?, rule: String, message: String) {
        self.param = param
        self.value = value
        self.rule = rule
        self.message = message
    }

    package var description: String { "Invalid input for param \(param): \(message)" }
}
