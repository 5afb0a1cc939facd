import ArgumentParser
import PipelineCore

struct BackfillCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backfill", abstract: "Run a DAG for a range of its schedule that is past.",
        subcommands: [
            BackfillCreate.self, BackfillList.self, BackfillShow.self, BackfillPause.self, BackfillUnpause.self,
            BackfillCancel.self,
        ])
}

/// Backfills under the names that Airflow's REST API v2 gives them.
enum BackfillDocument {
    static let columns = [
        "id", "dag_id", "from_date", "to_date", "reprocess_behavior", "max_active_runs", "is_paused", "created_at",
        "completed_at",
    ]
    static let dateColumns = ["sort_ordinal", "logical_date", "run_id", "state", "exception_reason"]

    static func row(_ backfill: Backfill) -> JSONObject {
        [
            "id": .int(backfill.id), "dag_id": .string(backfill.dagID), "from_date": RunDocument.time(backfill.fromDate),
            "to_date": RunDocument.time(backfill.toDate), "dag_run_conf": backfill.conf.map { .object($0) } ?? .null,
            "is_paused": .bool(backfill.isPaused), "reprocess_behavior": .string(backfill.reprocessBehavior.rawValue),
            "max_active_runs": .int(backfill.maxActiveRuns),
            "run_on_latest_version": .bool(backfill.runOnLatestVersion),
            "created_at": RunDocument.time(backfill.createdAt), "completed_at": RunDocument.time(backfill.completedAt),
            "updated_at": RunDocument.time(backfill.updatedAt),
            "triggering_user_name": RunDocument.text(backfill.triggeringUser),
        ]
    }

    /// - Parameter run: the run of the date; one that was deleted leaves its id.
    static func row(_ date: BackfillRun, _ run: DAGRun?) -> JSONObject {
        [
            "sort_ordinal": .int(date.sortOrdinal), "logical_date": RunDocument.time(date.scheduled.logicalDate),
            "data_interval_start": RunDocument.time(date.scheduled.dataInterval.start),
            "data_interval_end": RunDocument.time(date.scheduled.dataInterval.end),
            "run_id": RunDocument.text(date.runID), "state": RunDocument.text(run?.state.rawValue),
            "exception_reason": RunDocument.text(date.exceptionReason?.rawValue),
        ]
    }
}

/// The backfill that a command is about.
struct BackfillSelection: ParsableArguments {
    @Argument(help: "Id of the backfill ('pipeline backfill list').") var backfillID: Int

    func find(_ store: any PipelineStore) async throws -> Backfill {
        var filter = BackfillFilter()
        filter.ids = [backfillID]
        guard let found = try await store.backfills(filter).first else {
            throw CommandFailure("there is no backfill \(backfillID); 'pipeline backfill list --all' names them")
        }
        return found
    }

    /// - Throws: ``CommandFailure`` for one that is completed.
    func findOpen(_ store: any PipelineStore) async throws -> Backfill {
        let found = try await find(store)
        guard found.completedAt == nil else { throw CommandFailure("backfill \(backfillID) is already completed") }
        return found
    }
}
