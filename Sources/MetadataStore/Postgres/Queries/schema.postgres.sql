-- The schema itself, the lease of the writer, and cleaning.

-- name: SchemaExists
SELECT (to_regclass('schema_migration') IS NOT NULL)::int::bigint;

-- name: SchemaVersion
SELECT coalesce(max(version), 0) FROM schema_migration;

-- name: ForeignTables
SELECT table_name::text FROM information_schema.tables
WHERE table_schema = ANY (current_schemas(FALSE))
    AND table_name IN ('alembic_version', 'dag', 'dag_run', 'task_instance')
ORDER BY table_name LIMIT 1;

-- A schema of an earlier version lacks the tables that came later.
-- name: DropAll
DROP TABLE IF EXISTS deadline;
DROP TABLE IF EXISTS callback;
DROP TABLE IF EXISTS hitl_detail;
DROP TABLE IF EXISTS dag_run_asset_event;
DROP TABLE IF EXISTS dag_schedule_asset_reference;
DROP TABLE IF EXISTS asset_dag_run_queue;
DROP TABLE IF EXISTS asset_alias_asset;
DROP TABLE IF EXISTS tracked_artifact;
DROP TABLE IF EXISTS tracked_param;
DROP TABLE IF EXISTS tracked_metric;
DROP TABLE parsed_file;
DROP TABLE import_error;
DROP TABLE dag_version;
DROP TABLE dag;
DROP TABLE asset_state_store;
DROP TABLE asset_event;
DROP TABLE asset;
DROP TABLE slot_pool;
DROP TABLE connection;
DROP TABLE variable;
DROP TABLE task_state_store;
DROP TABLE rendered_task_instance_fields;
DROP TABLE xcom;
DROP TABLE task_reschedule;
DROP TABLE task_instance_history;
DROP TABLE task_instance;
DROP TABLE dag_run;
DROP TABLE IF EXISTS scheduler_request;
DROP TABLE scheduler_lease;
DROP TABLE schema_migration;
DROP FUNCTION pipeline_verify_epoch(bigint);

-- name: SelectEpoch
SELECT epoch FROM scheduler_lease;

-- name: SetEpoch
UPDATE scheduler_lease SET epoch = ?;

-- Locks the lease until the commit, so that no leader can be elected in its midst.
-- SQLite compares in the driver; here the function raises PL001, so that the rest of the pipeline is skipped.
-- name: VerifyEpoch
SELECT pipeline_verify_epoch(?::bigint);

-- name: TakeLeadership
UPDATE scheduler_lease SET epoch = epoch + 1, holder = ?, taken_at = ? RETURNING epoch;

-- Leases go by the clock of the database, which all schedulers share; the caller's (?2) says nothing.
-- ?1 holder, ?3 microseconds that a lease lasts.
-- name: ClaimLease
UPDATE scheduler_lease
SET epoch = epoch + 1, holder = ?1, taken_at = coalesce(clock_timestamp(), ?2::timestamptz), renewed_at = clock_timestamp()
WHERE renewed_at IS NULL OR renewed_at + ?3::bigint * interval '1 microsecond' <= clock_timestamp() OR ?3::bigint = 0
RETURNING epoch;

-- name: RenewLease
UPDATE scheduler_lease SET renewed_at = coalesce(clock_timestamp(), ?2::timestamptz) WHERE epoch = ?1 AND renewed_at IS NOT NULL RETURNING epoch;

-- name: ReleaseLease
UPDATE scheduler_lease SET renewed_at = NULL WHERE epoch = ?1 RETURNING epoch;

-- name: SelectLease
SELECT epoch, coalesce(holder, ''), taken_at,
    (extract(epoch FROM clock_timestamp() - renewed_at) * 1000000)::bigint
FROM scheduler_lease WHERE renewed_at IS NOT NULL AND ?1::timestamptz IS NOT NULL;

-- name: AddRequest
INSERT INTO scheduler_request (request, created_at) VALUES (?, ?) RETURNING id;

-- name: SelectRequests
SELECT id, request FROM scheduler_request WHERE id > ? ORDER BY id;

-- name: FinishRequest :batch
DELETE FROM scheduler_request WHERE id IN (SELECT unnest(?::bigint[]));

-- name: OldRuns
SELECT dag_id, run_id FROM dag_run WHERE end_date < ?1

-- name: OldRunBatch
SELECT dag_id, run_id FROM dag_run WHERE end_date < ?1 ORDER BY end_date, dag_id, run_id LIMIT ?2

-- name: CountOldRows
SELECT 'dag_run', count(*) FROM dag_run WHERE end_date < ?1
UNION ALL SELECT 'task_reschedule', count(*) FROM task_reschedule WHERE ti_id IN (
    SELECT id FROM task_instance WHERE (dag_id, run_id) IN ({OldRuns})
    UNION ALL SELECT id FROM task_instance_history WHERE (dag_id, run_id) IN ({OldRuns}))
UNION ALL SELECT 'task_instance', count(*) FROM task_instance WHERE (dag_id, run_id) IN ({OldRuns})
UNION ALL SELECT 'task_instance_history', count(*) FROM task_instance_history WHERE (dag_id, run_id) IN ({OldRuns})
UNION ALL SELECT 'xcom', count(*) FROM xcom WHERE (dag_id, run_id) IN ({OldRuns})
UNION ALL SELECT 'rendered_task_instance_fields', count(*) FROM rendered_task_instance_fields
    WHERE (dag_id, run_id) IN ({OldRuns})
UNION ALL SELECT 'task_state_store', count(*) FROM task_state_store WHERE (dag_id, run_id) IN ({OldRuns})
UNION ALL SELECT 'dag_run_asset_event', count(*) FROM dag_run_asset_event WHERE (dag_id, run_id) IN ({OldRuns})
UNION ALL SELECT 'tracked_metric', count(*) FROM tracked_metric WHERE (dag_id, run_id) IN ({OldRuns})
UNION ALL SELECT 'tracked_param', count(*) FROM tracked_param WHERE (dag_id, run_id) IN ({OldRuns})
UNION ALL SELECT 'tracked_artifact', count(*) FROM tracked_artifact WHERE (dag_id, run_id) IN ({OldRuns})
UNION ALL SELECT 'hitl_detail', count(*) FROM hitl_detail WHERE (dag_id, run_id) IN ({OldRuns})
UNION ALL SELECT 'callback', count(*) FROM callback WHERE (dag_id, run_id) IN ({OldRuns})
UNION ALL SELECT 'deadline', count(*) FROM deadline WHERE (dag_id, run_id) IN ({OldRuns});

-- name: DeleteOldReschedules
DELETE FROM task_reschedule WHERE ti_id IN (
    SELECT id FROM task_instance WHERE (dag_id, run_id) IN ({OldRunBatch})
    UNION ALL SELECT id FROM task_instance_history WHERE (dag_id, run_id) IN ({OldRunBatch}));

-- name: DeleteOldRuns
DELETE FROM dag_run WHERE (dag_id, run_id) IN ({OldRunBatch});
