/// The entries of Airflow's context that follow from the logical date alone.
package enum AirflowDateContext {
    /// `logical_date`, `ds`, `ds_nodash`, `ts`, `ts_nodash` and `ts_nodash_with_tz`, as the task runner computes them.
    /// - Throws: `unsupported` for dates before the year 1000, which `strftime` prints in its own way.
    package static func values(logicalDate: JinjaDateTime) throws -> [String: JinjaValue] {
        let iso = logicalDate.isoformat()
        let bare = PythonText.make(iso.unicodeScalars.filter { $0 != "-" && $0 != ":" })
        return [
            "logical_date": .datetime(logicalDate),
            "ds": .string(try Strftime.format(logicalDate, "%Y-%m-%d")),
            "ds_nodash": .string(try Strftime.format(logicalDate, "%Y%m%d")),
            "ts": .string(iso),
            "ts_nodash": .string(try Strftime.format(logicalDate, "%Y%m%dT%H%M%S")),
            "ts_nodash_with_tz": .string(bare),
        ]
    }
}
