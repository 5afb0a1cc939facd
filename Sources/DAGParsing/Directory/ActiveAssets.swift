import PipelineCore

/// The assets that DAGs refer to: by their schedules, inlets and outlets.
///
/// A name stands for one URI and a URI for one name; of two assets that contradict each other the first is active, in
/// the order of the DAGs and their tasks. Source: Airflow 3.3 `assets/manager.py`, `dag_processing/collection.py`.
struct ActiveAssets {
    private(set) var records: [AssetRecord] = []
    private var names: Set<String> = []
    private var uris: Set<String> = []

    init(_ dags: [DAG]) {
        for dag in dags {
            add(schedule: dag.header.timetable)
            for task in dag.tasks { for asset in task.inlets + task.outlets { add(asset) } }
        }
    }

    private mutating func add(schedule: TimetableDefinition) {
        if let condition = schedule.assetCondition { add(condition) }
        if case .assetOrTime(_, let inner) = schedule { add(schedule: inner) }
    }

    private mutating func add(_ asset: JSONValue) {
        for member in asset["objects"]?.arrayValue ?? [] { add(member) }
        guard asset["__type"]?.stringValue == "asset", let name = asset["name"]?.stringValue,
            let uri = asset["uri"]?.stringValue, !names.contains(name), !uris.contains(uri)
        else { return }
        names.insert(name)
        uris.insert(uri)
        records.append(
            AssetRecord(
                name: name, uri: uri, group: asset["group"]?.stringValue ?? "asset", extra: asset["extra"] ?? [:]))
    }
}
