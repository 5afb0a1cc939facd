-- What waits to become a run of a partition.

-- name: SavePartition :batch
INSERT INTO asset_partition_dag_run (dag_id, partition_key, partition_date, rollup_fingerprint, created_at)
SELECT * FROM unnest(?::text[], ?::text[], ?::timestamptz[], ?::text[], ?::timestamptz[])
ON CONFLICT (dag_id, partition_key) DO UPDATE SET partition_date = excluded.partition_date;

-- name: LogPartition :batch
INSERT INTO partitioned_asset_key_log (dag_id, partition_key, asset_id, event_id, source_partition_key, answer)
SELECT p.dag_id, p.partition_key, e.asset_id, e.id, n.source_partition_key, n.answer
FROM unnest(
    ?::bigint[], ?::text[], ?::text[], ?::text[], ?::bigint[], ?::timestamptz[], ?::bigint[],
    ?::text[], ?::text[], ?::text[], ?::text[]
) AS n (
    event_id, source_dag_id, source_run_id, source_task_id, source_map_index, timestamp, ordinal,
    dag_id, partition_key, source_partition_key, answer
)
JOIN asset_partition_dag_run AS p ON p.dag_id = n.dag_id AND p.partition_key = n.partition_key
JOIN asset_event AS e ON e.id = {ReferredEvent}
ON CONFLICT DO NOTHING;

-- The number of an event, or what its source, instant and ordinal say.
-- name: ReferredEvent
coalesce(n.event_id, (
    SELECT s.id FROM asset_event AS s
    WHERE s.source_dag_id = n.source_dag_id AND s.source_run_id = n.source_run_id
        AND s.source_task_id = n.source_task_id AND s.source_map_index = n.source_map_index
        AND s.timestamp = n.timestamp AND s.ordinal = n.ordinal))

-- name: ConsumePartition :batch
INSERT INTO dag_run_asset_event (dag_id, run_id, event_id)
SELECT n.dag_id, n.run_id, l.event_id
FROM unnest(?::text[], ?::text[], ?::text[]) AS n (dag_id, run_id, partition_key)
JOIN partitioned_asset_key_log AS l ON l.dag_id = n.dag_id AND l.partition_key = n.partition_key
ON CONFLICT DO NOTHING;

-- Its events go with it (ON DELETE CASCADE).
-- name: RemovePartition :batch
DELETE FROM asset_partition_dag_run AS p USING unnest(?::text[], ?::text[]) AS n (dag_id, partition_key)
WHERE p.dag_id = n.dag_id AND p.partition_key = n.partition_key;

-- name: AskMapping :batch
INSERT INTO partition_mapping_question (
    dag_id, event_id, source_partition_key, source_partition_date, rollup_fingerprint, created_at
)
SELECT n.dag_id, e.id, n.source_partition_key, n.source_partition_date, n.rollup_fingerprint, n.created_at
FROM unnest(
    ?::bigint[], ?::text[], ?::text[], ?::text[], ?::bigint[], ?::timestamptz[], ?::bigint[],
    ?::text[], ?::text[], ?::timestamptz[], ?::text[], ?::timestamptz[]
) AS n (
    event_id, source_dag_id, source_run_id, source_task_id, source_map_index, timestamp, ordinal,
    dag_id, source_partition_key, source_partition_date, rollup_fingerprint, created_at
)
JOIN asset_event AS e ON e.id = {ReferredEvent}
ON CONFLICT DO NOTHING;

-- name: SettleMapping :batch
DELETE FROM partition_mapping_question AS q
USING unnest(
    ?::bigint[], ?::text[], ?::text[], ?::text[], ?::bigint[], ?::timestamptz[], ?::bigint[], ?::text[]
) AS n (
    event_id, source_dag_id, source_run_id, source_task_id, source_map_index, timestamp, ordinal, dag_id
)
WHERE q.dag_id = n.dag_id AND q.event_id = {ReferredEvent};

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
