-- What waits to become a run of a partition.

-- name: SavePartition
INSERT INTO asset_partition_dag_run (dag_id, partition_key, partition_date, rollup_fingerprint, created_at)
VALUES (?, ?, ?, ?, ?)
ON CONFLICT (dag_id, partition_key) DO UPDATE SET partition_date = excluded.partition_date;

-- ?1 to ?7 the event, ?8 dag, ?9 key.
-- name: LogPartition
INSERT INTO partitioned_asset_key_log (dag_id, partition_key, asset_id, event_id, source_partition_key, answer)
SELECT p.dag_id, p.partition_key, e.asset_id, e.id, ?10, ?11
FROM asset_event AS e JOIN asset_partition_dag_run AS p ON p.dag_id = ?8 AND p.partition_key = ?9
WHERE e.id = {ReferredEvent}
ON CONFLICT DO NOTHING;

-- ?1 its number, or ?2 to ?7 source, instant and ordinal.
-- name: ReferredEvent
coalesce(?1, (
    SELECT s.id FROM asset_event AS s
    WHERE s.source_dag_id = ?2 AND s.source_run_id = ?3 AND s.source_task_id = ?4 AND s.source_map_index = ?5
        AND s.timestamp = ?6 AND s.ordinal = ?7))

-- ?1 dag, ?2 run, ?3 key.
-- name: ConsumePartition
INSERT INTO dag_run_asset_event (dag_id, run_id, event_id)
SELECT ?1, ?2, event_id FROM partitioned_asset_key_log WHERE dag_id = ?1 AND partition_key = ?3
ON CONFLICT DO NOTHING;

-- Its events go with it (ON DELETE CASCADE).
-- name: RemovePartition
DELETE FROM asset_partition_dag_run WHERE dag_id = ? AND partition_key = ?;

-- ?1 to ?7 the event, ?8 dag.
-- name: AskMapping
INSERT INTO partition_mapping_question (
    dag_id, event_id, source_partition_key, source_partition_date, rollup_fingerprint, created_at
)
SELECT ?8, e.id, ?9, ?10, ?11, ?12 FROM asset_event AS e WHERE e.id = {ReferredEvent}
ON CONFLICT DO NOTHING;

-- name: SettleMapping
DELETE FROM partition_mapping_question WHERE dag_id = ?8 AND event_id = {ReferredEvent};

-- name: SelectPartitions
SELECT dag_id, partition_key, partition_date, rollup_fingerprint, created_at FROM asset_partition_dag_run
ORDER BY created_at, dag_id, partition_key;

-- name: SelectPartitionLog
SELECT l.dag_id, l.partition_key, a.name, a.uri, l.event_id, l.source_partition_key, l.answer
FROM partitioned_asset_key_log AS l JOIN asset AS a ON a.id = l.asset_id
ORDER BY l.dag_id, l.partition_key, l.event_id;

-- name: SelectMappingQuestions
SELECT q.dag_id, a.name, a.uri, q.event_id, q.source_partition_key, q.source_partition_date, q.rollup_fingerprint,
    q.created_at
FROM partition_mapping_question AS q
JOIN asset_event AS e ON e.id = q.event_id JOIN asset AS a ON a.id = e.asset_id
ORDER BY q.created_at, q.dag_id, q.event_id;

-- name: SelectLastPartitionedRuns
SELECT {RunColumns} FROM dag_run WHERE (dag_id, run_id) IN (
    SELECT dag_id, (
        SELECT r.run_id FROM dag_run AS r
        WHERE r.dag_id = dag.dag_id AND r.run_type IN ('scheduled', 'backfill') AND r.partition_key IS NOT NULL
        ORDER BY r.partition_date DESC NULLS LAST, r.run_after DESC, r.run_id DESC LIMIT 1)
    FROM dag)
ORDER BY dag_id;
