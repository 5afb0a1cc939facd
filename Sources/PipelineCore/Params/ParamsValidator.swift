/// Lays a run's conf over the DAG's parameters and checks the result against their JSON schemas.
/// Source: Airflow 3.3 `serialization/definitions/param.py` and `dag.py` (`create_dagrun`).
package enum ParamsValidator {
    /// The parameters of a run: the DAG's in their order, with the values of `conf` where it has them, then what `conf`
    /// names beside them, which nothing checks.
    /// - Throws: ``ParamError`` for the first parameter without a value or with one that its schema refuses.
    package static func resolve(_ params: [DAGParam], conf: JSONObject) throws(ParamError) -> JSONObject {
        var result = JSONObject()
        for param in params {
            guard let value = conf[param.name] ?? param.value else {
                throw ParamError(
                    param: param.name, value: nil, rule: "required",
                    message: "No value passed; the param has no default, so give it in the conf")
            }
            try check(value, of: param)
            result[param.name] = value
        }
        return result.merging(conf)
    }

    /// Whether every default is there and satisfies its schema, which a DAG with a schedule needs.
    package static func checkDefaults(_ params: [DAGParam]) throws(ParamError) {
        _ = try resolve(params, conf: JSONObject())
    }

    private static func check(_ value: JSONValue, of param: DAGParam) throws(ParamError) {
        let validator = JSONSchemaValidator(schema: .object(param.schema))
        guard let violation = validator.violation(by: value) else { return }
        var message = violation.message
        if !violation.path.isEmpty { message += " (at \(violation.path))" }
        throw ParamError(param: param.name, value: value, rule: violation.rule, message: message)
    }
}
