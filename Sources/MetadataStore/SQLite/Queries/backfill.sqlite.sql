-- Backfills and their dates.

-- name: BackfillColumns
dag_id, from_date, to_date, dag_run_conf, reprocess_behavior, max_active_runs, is_paused, run_on_latest_version,
    dag_version_id, triggering_user_name, created_at, completed_at, updated_at

-- name: BackfillRunColumns
sort_ordinal, logical_date, data_interval_start, data_interval_end, run_after, run_id, exception_reason

-- name: CreateBackfill
INSERT INTO backfill ({BackfillColumns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id;

-- The first column names the DAG, which has one open backfill: the one just made.
-- name: CreateBackfillRun
INSERT INTO backfill_dag_run (backfill_id, {BackfillRunColumns})
SELECT (SELECT id FROM backfill WHERE dag_id = ?1 AND completed_at IS NULL), ?2, ?3, ?4, ?5, ?6, ?7, ?8;

-- name: SelectBackfills
SELECT id, {BackfillColumns} FROM backfill WHERE {conditions} ORDER BY id;

-- name: backfills.dagID
dag_id = ?

-- name: backfills.ids
id IN (SELECT CAST(value AS INTEGER) FROM json_each(?))

-- name: backfills.isOpen
completed_at IS NULL

-- name: SelectBackfillRuns
SELECT backfill_id, {BackfillRunColumns} FROM backfill_dag_run WHERE backfill_id = ? ORDER BY sort_ordinal;

-- name: SelectOpenBackfillRuns
SELECT backfill_id, {BackfillRunColumns} FROM backfill_dag_run
WHERE run_id IS NULL AND exception_reason IS NULL
    AND backfill_id IN (SELECT id FROM backfill WHERE completed_at IS NULL)
ORDER BY backfill_id, sort_ordinal;

-- name: SetBackfillPaused
UPDATE backfill SET is_paused = ?2, updated_at = ?3 WHERE id = ?1 AND completed_at IS NULL;

-- name: SaveBackfillRun
UPDATE backfill_dag_run SET run_id = ?3, exception_reason = ?4 WHERE backfill_id = ?1 AND sort_ordinal = ?2;

-- name: FinishBackfill
UPDATE backfill SET completed_at = coalesce(completed_at, ?2), updated_at = ?2, is_paused = max(is_paused, ?3)
WHERE id = ?1;
