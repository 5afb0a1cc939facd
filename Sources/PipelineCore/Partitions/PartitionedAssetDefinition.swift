/// The schedule of a DAG that gets a run for each partition of its assets, as it was written.
/// Source: Airflow 3.3 `timetables/simple.py` (`PartitionedAssetTimetable`).
package struct PartitionedAssetDefinition: Sendable, Hashable {
    /// A mapper for an asset, or a condition over several.
    package struct Mapping: Sendable, Hashable {
        package var asset: JSONValue
        package var mapper: JSONValue

        package init(asset: JSONValue, mapper: JSONValue) {
            self.asset = asset
            self.mapper = mapper
        }
    }

    /// Serialized asset condition.
    package var condition: JSONValue
    package var mappings: [Mapping]
    package var defaultMapper: JSONValue

    package init(condition: JSONValue, mappings: [Mapping], defaultMapper: JSONValue) {
        self.condition = condition
        self.mappings = mappings
        self.defaultMapper = defaultMapper
    }
}
