-- Backfills and their dates.

-- name: BackfillColumns
dag_id, from_date, to_date, dag_run_conf, reprocess_behavior, max_active_runs, is_paused, run_on_latest_version,
    dag_version_id, triggering_user_name, created_at, completed_at, updated_at

-- name: BackfillRunColumns
sort_ordinal, logical_date, data_interval_start, data_interval_end, run_after, run_id, exception_reason

-- name: CreateBackfill
INSERT INTO backfill ({BackfillColumns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id;

-- The first column names the DAG, which has one open backfill: the one just made.
-- name: CreateBackfillRun :batch
INSERT INTO backfill_dag_run (backfill_id, {BackfillRunColumns})
SELECT b.id, v.sort_ordinal, v.logical_date, v.data_interval_start, v.data_interval_end, v.run_after, v.run_id,
    v.exception_reason
FROM unnest(
    ?::text[], ?::bigint[], ?::timestamptz[], ?::timestamptz[], ?::timestamptz[], ?::timestamptz[], ?::text[], ?::text[]
) AS v (dag_id, sort_ordinal, logical_date, data_interval_start, data_interval_end, run_after, run_id, exception_reason)
JOIN backfill AS b ON b.dag_id = v.dag_id AND b.completed_at IS NULL;

-- name: SelectBackfills
SELECT id, {BackfillColumns} FROM backfill WHERE {conditions} ORDER BY id;

-- name: backfills.dagID
dag_id = ?

-- name: backfills.ids
id = ANY(?::text[]::bigint[])

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

-- name: SaveBackfillRun :batch
UPDATE backfill_dag_run AS r SET run_id = v.run_id, exception_reason = v.exception_reason
FROM unnest(?::bigint[], ?::bigint[], ?::text[], ?::text[]) AS v (backfill_id, sort_ordinal, run_id, exception_reason)
WHERE r.backfill_id = v.backfill_id AND r.sort_ordinal = v.sort_ordinal;

-- name: FinishBackfill :batch
UPDATE backfill AS b
SET completed_at = coalesce(b.completed_at, v.at), updated_at = v.at, is_paused = b.is_paused OR v.is_cancelled
FROM unnest(?::bigint[], ?::timestamptz[], ?::boolean[]) AS v (id, at, is_cancelled)
WHERE b.id = v.id;
