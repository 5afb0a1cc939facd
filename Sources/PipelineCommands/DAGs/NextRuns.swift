import ArgumentParser
import PipelineCore
import PythonHost

/// The runs that a DAG's schedule will give after the last one it gave.
struct NextRuns {
    let dag: DAG
    let library: DAGLibrary
    let store: any PipelineStore

    func dates(_ count: Int) async throws -> [Timestamp] {
        let header = dag.header
        let restriction = TimeRestriction(
            earliest: header.startDate, latest: header.endDate, catchup: header.catchup)
        var last = try await lastScheduled()
        var dates: [Timestamp] = []
        while dates.count < count, let next = try await next(after: last, restriction) {
            dates.append(next.logicalDate)
            last = next.interval
        }
        return dates
    }

    private func lastScheduled() async throws -> DataInterval? {
        var filter = RunFilter(dagID: dag.id, limit: 1)
        filter.types = [.scheduled, .backfill]
        guard let run = try await store.runs(filter).first, let start = run.dataIntervalStart,
            let end = run.dataIntervalEnd
        else { return nil }
        return DataInterval(start: start, end: end)
    }

    private func next(
        after last: DataInterval?, _ restriction: TimeRestriction
    ) async throws -> (logicalDate: Timestamp, interval: DataInterval)? {
        if let timetable = try library.timetable(of: dag.header) {
            return timetable.nextRun(after: last, within: restriction, now: SystemWallClock().now())
                .map { ($0.logicalDate, $0.dataInterval) }
        }
        guard let next = try await library.customTimetable(of: dag).nextRun(after: last, within: restriction) else {
            return nil
        }
        let interval = next.dataInterval ?? .exact(next.runAfter)
        return (interval.start, interval)
    }
}
