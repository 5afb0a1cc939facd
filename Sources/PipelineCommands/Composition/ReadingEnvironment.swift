import DAGParsing

/// The variables of the environment that DAG files look at by custom: `AIRFLOW_VAR_*`, `AIRFLOW__*`, and those of a site
/// that begin like ours. A file that was read with other values of them is read again; the program's own settings make no
/// difference to a file.
struct ReadingEnvironment {
    private let variables: [(name: String, value: String)]

    init(_ environment: [String: String]) {
        let own = Set(Setting.allCases.map(\.environmentName) + ["PIPELINE_CONFIG"])
        variables = environment.filter { name, _ in
            (name.hasPrefix("AIRFLOW_") || name.hasPrefix("PIPELINE_")) && !own.contains(name)
        }.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    /// For the name of what a cached read depends on; empty where there are none.
    var suffix: String {
        guard !variables.isEmpty else { return "" }
        let text = variables.map { "\($0.name)=\($0.value)\u{0}" }.joined()
        return "+env." + ContentHash.sha256(Array(text.utf8)).prefix(16)
    }
}
