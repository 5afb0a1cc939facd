-- Runs. A run is finished exactly when end_date is set.

-- name: RunColumns
    dag_id, run_id, run_type, state, logical_date, data_interval_start, data_interval_end, run_after, queued_at,
    start_date, end_date, updated_at, conf, triggered_by, triggering_user_name, created_dag_version_id,
    bundle_version, clear_number, partition_key, note, reason, backfill_id, partition_date

-- The note stays as SetRunNote left it: the scheduler's copy of the run may be older.
-- name: SaveRun
INSERT INTO dag_run (
    {RunColumns}
)
VALUES (
    ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?
)
ON CONFLICT (dag_id, run_id) DO UPDATE SET
    run_type = excluded.run_type, state = excluded.state, logical_date = excluded.logical_date,
    data_interval_start = excluded.data_interval_start, data_interval_end = excluded.data_interval_end,
    run_after = excluded.run_after, queued_at = excluded.queued_at, start_date = excluded.start_date,
    end_date = excluded.end_date, updated_at = excluded.updated_at, conf = excluded.conf,
    triggered_by = excluded.triggered_by, triggering_user_name = excluded.triggering_user_name,
    created_dag_version_id = excluded.created_dag_version_id, bundle_version = excluded.bundle_version,
    clear_number = excluded.clear_number, partition_key = excluded.partition_key, reason = excluded.reason,
    backfill_id = excluded.backfill_id, partition_date = excluded.partition_date;

-- name: SelectRun
SELECT {RunColumns} FROM dag_run WHERE dag_id = ? AND run_id = ?;

-- name: SelectRuns
SELECT {RunColumns} FROM dag_run
WHERE {conditions}
ORDER BY run_after DESC, run_id DESC, dag_id DESC
LIMIT coalesce(?, -1) OFFSET ?;

-- name: SelectLastAutomatedRuns
SELECT {RunColumns} FROM dag_run WHERE (dag_id, run_id) IN (
    SELECT dag_id, (
        SELECT r.run_id FROM dag_run AS r
        WHERE r.dag_id = dag.dag_id AND r.run_type IN ('scheduled', 'backfill') AND r.logical_date IS NOT NULL
        ORDER BY r.logical_date DESC LIMIT 1)
    FROM dag)
ORDER BY dag_id;

-- name: CountRuns
SELECT count(*) FROM dag_run WHERE {conditions};

-- name: runs.dagID
dag_id = ?

-- name: runs.runIDs
run_id IN (SELECT value FROM json_each(?))

-- name: runs.states
state IN (SELECT value FROM json_each(?))

-- In these words the index of active runs is used, however many are over.
-- name: runs.active
state IN ('queued', 'running')

-- name: runs.logicalDate
logical_date = ?

-- name: runs.types
run_type IN (SELECT value FROM json_each(?))

-- name: runs.logicalDates
logical_date IN (SELECT value FROM json_each(?))

-- name: runs.logicalDateFrom
logical_date >= ?

-- name: runs.logicalDateTo
logical_date <= ?

-- name: SelectPreviousRun
SELECT {RunColumns} FROM dag_run
WHERE dag_id = ? AND logical_date < ? AND {conditions}
ORDER BY logical_date DESC, run_id DESC
LIMIT 1;

-- name: SetRunNote
UPDATE dag_run SET note = ? WHERE dag_id = ? AND run_id = ?;

-- Tries have no run of their own in task_reschedule, so their rows go first.
-- name: DeleteRunReschedules
DELETE FROM task_reschedule WHERE ti_id IN (
    SELECT id FROM task_instance WHERE dag_id = ?1 AND run_id = ?2
    UNION ALL SELECT id FROM task_instance_history WHERE dag_id = ?1 AND run_id = ?2
) AND EXISTS (SELECT 1 FROM dag_run WHERE dag_id = ?1 AND run_id = ?2 AND end_date IS NOT NULL);

-- All other rows that belong to the run go with it (ON DELETE CASCADE).
-- name: DeleteRun
DELETE FROM dag_run WHERE dag_id = ? AND run_id = ? AND end_date IS NOT NULL;
