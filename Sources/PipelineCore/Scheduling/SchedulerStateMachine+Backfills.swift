extension SchedulerStateMachine {
    /// Source: Airflow 3.3 `jobs/scheduler_job_runner.py` (`_start_queued_dagruns`): runs of a backfill count for its own
    /// limit alone. Where the backfill is completed or no longer known, the DAG's limit holds for them, apart.
    func runLimit(_ run: RunExecution) -> RunLimit {
        let id = run.run.backfillID
        let limit = id.flatMap { backfills[$0] }
        let running = dags[run.run.key.dagID]?.runs.count { $0.run.state == .running && $0.run.backfillID == id } ?? 0
        return RunLimit(
            backfillID: id, running: running, maximum: limit?.maxActiveRuns ?? run.plan.dag.header.maxActiveRuns,
            isPaused: limit?.isPaused ?? false)
    }

    mutating func setBackfills(_ changed: [Backfill]) {
        for backfill in changed {
            backfills[backfill.id] = BackfillLimit(
                dagID: backfill.dagID, maxActiveRuns: backfill.maxActiveRuns, isPaused: backfill.isPaused)
            wakeDAG(backfill.dagID)
        }
    }

    /// Source: Airflow 3.3 `api_fastapi/core_api/routes/public/backfills.py` (`cancel_backfill`): what is running goes on.
    mutating func cancelBackfill(_ id: Int) {
        for run in runs.values where run.run.backfillID == id && run.run.state == .queued {
            fail(run, .runCancelled, reason: "backfill_cancelled")
        }
        // It may have been paused; a run of it that is cleared later starts all the same.
        backfills[id] = nil
    }
}
