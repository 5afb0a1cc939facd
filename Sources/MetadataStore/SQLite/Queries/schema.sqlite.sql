-- The schema itself and the lease of the writer.

-- name: SchemaExists
SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'schema_migration';

-- name: SchemaVersion
SELECT coalesce(max(version), 0) FROM schema_migration;

-- name: ForeignTables
SELECT name FROM sqlite_schema
WHERE type = 'table' AND name IN ('alembic_version', 'dag', 'dag_run', 'task_instance')
ORDER BY name LIMIT 1;

-- A schema of an earlier version lacks the tables that came later.
-- name: DropAll
DROP TABLE IF EXISTS deadline;
DROP TABLE IF EXISTS callback;
DROP TABLE IF EXISTS partition_mapping_question;
DROP TABLE IF EXISTS partitioned_asset_key_log;
DROP TABLE IF EXISTS asset_partition_dag_run;
DROP TABLE IF EXISTS backfill_dag_run;
DROP TABLE IF EXISTS backfill;
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

-- name: SelectEpoch
SELECT epoch FROM scheduler_lease;

-- name: SetEpoch
UPDATE scheduler_lease SET epoch = ?;

-- Locks the lease until the commit, so that no leader can be elected in its midst.
-- name: VerifyEpoch
SELECT 1 FROM scheduler_lease WHERE epoch <= ?;

-- name: TakeLeadership
UPDATE scheduler_lease SET epoch = epoch + 1, holder = ?, taken_at = ? RETURNING epoch;

-- ?1 holder, ?2 now, ?3 microseconds that a lease lasts.
-- name: ClaimLease
UPDATE scheduler_lease SET epoch = epoch + 1, holder = ?1, taken_at = ?2, renewed_at = ?2
WHERE renewed_at IS NULL OR renewed_at <= ?2 - ?3 OR ?3 = 0 OR renewed_at > ?2 RETURNING epoch;

-- name: RenewLease
UPDATE scheduler_lease SET renewed_at = ?2 WHERE epoch = ?1 AND renewed_at IS NOT NULL RETURNING epoch;

-- name: ReleaseLease
UPDATE scheduler_lease SET renewed_at = NULL WHERE epoch = ?1 RETURNING epoch;

-- name: SelectLease
SELECT epoch, coalesce(holder, ''), taken_at, ?1 - renewed_at FROM scheduler_lease WHERE renewed_at IS NOT NULL;

-- name: AddRequest
INSERT INTO scheduler_request (request, created_at) VALUES (?, ?) RETURNING id;

-- name: SelectRequests
SELECT id, request FROM scheduler_request WHERE id > ? ORDER BY id;

-- name: FinishRequest
DELETE FROM scheduler_request WHERE id = ?;
