import PipelineCore

/// The stock operators that a `dag.yaml` may use, from Resources/operators.json (scripts/make-operator-table.py).
struct OperatorTable: Sendable {
    struct Operator: Sendable {
        var name: String
        /// Import path of the class.
        var path: String
        var templateFields: [String]
        /// What the serializer writes for every task of the class.
        var serialized: JSONObject
        /// Kinds of the arguments that a `dag.yaml` may give.
        var arguments: [String: String]
        var required: [String]
        /// Attributes of an instance, and defaults of the constructor, as the reader hands them over.
        var attributes: JSONObject
        var parameters: JSONObject
        /// The pod of a KubernetesPodOperator without arguments.
        var pod: JSONObject?

        var isPod: Bool { pod != nil }
        var isSensor: Bool { serialized["_is_sensor"] == true }
        var module: String { String(path.dropLast(name.count + 1)) }
    }

    private let operators: [String: Operator]

    static let shared: OperatorTable = {
        guard let json = try? JSONValue.parse(utf8: PackageResources.operators_json) else {
            preconditionFailure("Resources/operators.json is not JSON")
        }
        return OperatorTable(json)
    }()

    private init(_ json: JSONValue) {
        var operators: [String: Operator] = [:]
        for (name, entry) in json.objectValue ?? [:] {
            operators[name] = Operator(
                name: name, path: entry["class"]?.stringValue ?? "",
                templateFields: entry["template_fields"]?.arrayValue?.compactMap(\.stringValue) ?? [],
                serialized: entry["serialized"]?.objectValue ?? [:],
                arguments: Dictionary(
                    (entry["arguments"]?.objectValue ?? [:]).map { ($0.key, $0.value.stringValue ?? "any") }
                ) { first, _ in first },
                required: entry["required"]?.arrayValue?.compactMap(\.stringValue) ?? [],
                attributes: entry["attributes"]?.objectValue ?? [:],
                parameters: entry["parameters"]?.objectValue ?? [:], pod: entry["pod"]?.objectValue)
        }
        self.operators = operators
    }

    var names: [String] { operators.keys.sorted() }

    /// Arguments of any operator: what `default_args` may hold besides those of every task.
    var allArguments: Set<String> { Set(operators.values.flatMap(\.arguments.keys)) }

    /// By class name or import path; paths of Airflow 2 too, whose last part is the same class.
    func find(_ name: String) -> Operator? {
        guard name.contains(".") else { return operators[name] }
        let parts = name.split(separator: ".")
        guard parts.first == "airflow", let found = operators[String(parts.last ?? "")] else { return nil }
        return found
    }
}
