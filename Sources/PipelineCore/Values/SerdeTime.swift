/// Instants and durations as the Task SDK's serde and Airflow's DAG serialization write them.
/// Source: Airflow 3.3 `sdk/serde/serializers/datetime.py`, `serialization/serialized_objects.py`.
package enum SerdeTime {
    private static let instants: Set<String> = ["datetime.datetime", "pendulum.datetime.DateTime"]

    /// `{"__classname__": "datetime.datetime", "__data__": {"timestamp": S}}` or `{"__type": "datetime", "__var": S}`,
    /// S in seconds since 1970; `nil` for anything else.
    package static func instant(_ value: JSONValue) -> Timestamp? {
        if value["__type"]?.stringValue == "datetime" { return value["__var"]?.doubleValue.flatMap(finite) }
        guard let name = value["__classname__"]?.stringValue, instants.contains(name) else { return nil }
        return value["__data__"]?["timestamp"]?.doubleValue.flatMap(finite)
    }

    /// A `timedelta` in either form; `nil` for anything else.
    package static func duration(_ value: JSONValue) -> Duration? {
        var seconds: Double?
        if value["__type"]?.stringValue == "timedelta" { seconds = value["__var"]?.doubleValue }
        if value["__classname__"]?.stringValue == "datetime.timedelta" { seconds = value["__data__"]?.doubleValue }
        return seconds.flatMap { $0.isFinite && abs($0) < limit ? Duration(fractionalSeconds: $0) : nil }
    }

    /// An instant in UTC as the SDK's serde writes a `datetime` that came through a message, and reads it.
    package static func encoded(_ instant: Timestamp) -> JSONValue {
        let zone: JSONValue = [
            "__classname__": "builtins.tuple", "__version__": 1,
            "__data__": ["UTC", "pendulum.tz.timezone.FixedTimezone", 1, true],
        ]
        return [
            "__classname__": "datetime.datetime", "__version__": 2,
            "__data__": ["timestamp": .double(instant.seconds), "tz": zone],
        ]
    }

    /// Seconds beyond which no date of Python lies.
    private static let limit = 300_000_000_000.0

    private static func finite(_ seconds: Double) -> Timestamp? {
        seconds.isFinite && abs(seconds) < limit ? Timestamp(seconds: seconds) : nil
    }
}
