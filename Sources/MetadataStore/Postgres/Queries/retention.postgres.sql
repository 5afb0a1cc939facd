-- What is old goes. <table> and <archive> stand for names of tables, never for values.

-- Runs that finished and are older than ?1, behind the place (?2, ?3, ?4), with how many rows of tasks they have.
-- name: SelectOldRuns
SELECT r.dag_id, r.run_id, coalesce(r.start_date, r.end_date), (
    SELECT count(*) FROM task_instance AS t WHERE t.dag_id = r.dag_id AND t.run_id = r.run_id
) + (
    SELECT count(*) FROM task_instance_history AS h WHERE h.dag_id = r.dag_id AND h.run_id = r.run_id
)
FROM dag_run AS r
WHERE r.end_date IS NOT NULL AND coalesce(r.start_date, r.end_date) < ?1 AND coalesce(r.start_date, r.end_date) >= ?2
    AND (coalesce(r.start_date, r.end_date), r.dag_id, r.run_id) > (?2, ?3, ?4)
ORDER BY coalesce(r.start_date, r.end_date), r.dag_id, r.run_id
LIMIT 200;

-- name: SelectKeptRuns
SELECT r.dag_id, r.run_id FROM dag_run AS r JOIN (
    SELECT dag_id, max(start_date) AS last FROM dag_run WHERE run_type <> 'manual' GROUP BY dag_id
) AS l ON l.dag_id = r.dag_id AND l.last = r.start_date
UNION SELECT r.dag_id, r.run_id FROM dag_run AS r JOIN (
    SELECT dag_id, max(logical_date) AS last FROM dag_run WHERE run_type IN ('scheduled', 'backfill') GROUP BY dag_id
) AS l ON l.dag_id = r.dag_id AND l.last = r.logical_date
UNION SELECT r.dag_id, r.run_id FROM dag_run AS r JOIN (
    SELECT dag_id, max(run_after) AS last FROM dag_run WHERE run_type = 'asset_triggered' GROUP BY dag_id
) AS l ON l.dag_id = r.dag_id AND l.last = r.run_after AND r.run_type = 'asset_triggered';

-- ?1 and ?2 are lists of the same length: DAG ids and run ids.
-- name: ChosenRuns
SELECT r.dag_id, r.run_id FROM dag_run AS r
JOIN unnest(?1::text[], ?2::text[]) AS k (dag_id, run_id)
    ON k.dag_id = r.dag_id AND k.run_id = r.run_id
WHERE r.end_date IS NOT NULL

-- A run that is cleared meanwhile waits, and is made anew; one that was cleared before is not chosen any more.
-- name: LockChosenRuns
{ChosenRuns}
FOR UPDATE OF r;

-- name: ChosenTries
SELECT id FROM task_instance WHERE (dag_id, run_id) IN ({ChosenRuns})
UNION ALL SELECT id FROM task_instance_history WHERE (dag_id, run_id) IN ({ChosenRuns})

-- name: CountRowsOfRuns
SELECT count(*) FROM <table> WHERE (dag_id, run_id) IN ({ChosenRuns});

-- name: ArchiveRowsOfRuns
INSERT INTO <archive> SELECT t.* FROM <table> AS t WHERE (t.dag_id, t.run_id) IN ({ChosenRuns});

-- name: DeleteRowsOfRuns
DELETE FROM <table> WHERE (dag_id, run_id) IN ({ChosenRuns});

-- name: CountReschedulesOfRuns
SELECT count(*) FROM task_reschedule WHERE ti_id IN ({ChosenTries});

-- name: ArchiveReschedulesOfRuns
INSERT INTO <archive> SELECT t.* FROM task_reschedule AS t WHERE t.ti_id IN ({ChosenTries});

-- name: DeleteReschedulesOfRuns
DELETE FROM task_reschedule WHERE ti_id IN ({ChosenTries});

-- Events that count for nobody any more: registered, not of an unfinished run, not of an asset that a DAG waits with, and
-- not of a partition that is pending.
-- name: SelectOldAssetEvents
SELECT e.id, e.source_dag_id FROM asset_event AS e
WHERE e.timestamp < ?1 AND e.registered_at IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM asset_dag_run_queue AS q WHERE q.asset_id = e.asset_id)
    AND NOT EXISTS (SELECT 1 FROM partitioned_asset_key_log AS p WHERE p.event_id = e.id)
    AND NOT EXISTS (SELECT 1 FROM partition_mapping_question AS m WHERE m.event_id = e.id)
    AND NOT EXISTS (
        SELECT 1 FROM dag_run_asset_event AS c JOIN dag_run AS r ON r.dag_id = c.dag_id AND r.run_id = c.run_id
        WHERE c.event_id = e.id AND r.end_date IS NULL)
ORDER BY e.id;

-- name: SelectOldBackfills
SELECT b.id, b.dag_id, (SELECT count(*) FROM backfill_dag_run AS d WHERE d.backfill_id = b.id) FROM backfill AS b
WHERE b.completed_at < ?1 AND NOT EXISTS (SELECT 1 FROM dag_run AS r WHERE r.backfill_id = b.id)
ORDER BY b.id;

-- Versions that nothing is pinned to, but for the latest of each DAG.
-- name: SelectOldDAGVersions
SELECT v.id, v.dag_id FROM dag_version AS v
WHERE v.created_at < ?1
    AND v.version_number < (SELECT max(l.version_number) FROM dag_version AS l WHERE l.dag_id = v.dag_id)
    AND v.id NOT IN (
        SELECT created_dag_version_id FROM dag_run WHERE created_dag_version_id IS NOT NULL
        UNION SELECT dag_version_id FROM task_instance WHERE dag_version_id IS NOT NULL
        UNION SELECT dag_version_id FROM task_instance_history WHERE dag_version_id IS NOT NULL
        UNION SELECT dag_version_id FROM backfill WHERE dag_version_id IS NOT NULL AND completed_at IS NULL)
ORDER BY v.dag_id, v.version_number;

-- name: ArchiveRow
INSERT INTO <archive> SELECT t.* FROM <table> AS t WHERE t.id = ?;

-- name: DeleteRow
DELETE FROM <table> WHERE id = ?;

-- name: ArchiveDatesOfBackfill
INSERT INTO <archive> SELECT t.* FROM backfill_dag_run AS t WHERE t.backfill_id = ?;

-- name: DeleteDatesOfBackfill
DELETE FROM backfill_dag_run WHERE backfill_id = ?;

-- name: CreateArchive
CREATE TABLE IF NOT EXISTS <archive> AS SELECT * FROM <table> WHERE FALSE;

-- name: IsArchiveFilled
SELECT count(*) FROM (SELECT 1 FROM <archive> LIMIT 1) AS filled;

-- name: DropArchive
DROP TABLE IF EXISTS <archive>;

-- name: SelectArchives
SELECT table_name::text FROM information_schema.tables
WHERE table_schema = current_schema() AND left(table_name, 18) = '_airflow_deleted__'
ORDER BY table_name;

-- name: SelectArchivedRows
SELECT * FROM <archive>;
