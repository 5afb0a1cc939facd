/// The period of data that a run covers. Source: Airflow 3.3 `timetables/base.py`.
package struct DataInterval: Sendable, Hashable {
    package var start: Timestamp
    package var end: Timestamp

    package init(start: Timestamp, end: Timestamp) {
        self.start = start
        self.end = end
    }

    package static func exact(_ instant: Timestamp) -> DataInterval { DataInterval(start: instant, end: instant) }
}
