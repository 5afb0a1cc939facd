-- Runs that assets start: the queue of events, and which run consumes which.

-- name: AssociateAlias
INSERT INTO asset_alias_asset (alias, asset_id)
SELECT ?1, id FROM asset WHERE name = ?2 AND uri = ?3
ON CONFLICT DO NOTHING;

-- name: CreateAssetEvent
INSERT INTO asset_event (asset_id, extra, alias_names, timestamp, ordinal, partition_key)
SELECT id, ?3, '[]', ?4, 0, ?5 FROM asset WHERE name = ?1 AND uri = ?2
RETURNING id;

-- name: RegisterAssetEvent
UPDATE asset_event SET registered_at = ?2 WHERE id = ?1 AND registered_at IS NULL;

-- name: QueueAsset
INSERT INTO asset_dag_run_queue (dag_id, asset_id, created_at)
SELECT ?1, id, ?4 FROM asset WHERE name = ?2 AND uri = ?3
ON CONFLICT DO NOTHING;

-- ?1 dag, ?2 run, ?3 and ?4 window, ?5 assets as [[name, uri], ...], ?6 aliases. What an earlier run of the DAG has
-- consumed is not consumed again.
-- name: ConsumeAssetEvents
INSERT INTO dag_run_asset_event (dag_id, run_id, event_id)
SELECT ?1, ?2, e.id FROM asset_event AS e JOIN asset AS a ON a.id = e.asset_id
WHERE (?3 IS NULL OR e.registered_at >= ?3) AND e.registered_at <= ?4
    AND (
        EXISTS (
            SELECT 1 FROM json_each(?5) AS n
            WHERE json_extract(n.value, '$[0]') = a.name AND json_extract(n.value, '$[1]') = a.uri)
        OR EXISTS (SELECT 1 FROM json_each(e.alias_names) AS x JOIN json_each(?6) AS y ON x.value = y.value))
    AND NOT EXISTS (
        SELECT 1 FROM dag_run_asset_event AS c WHERE c.event_id = e.id AND c.dag_id = ?1 AND c.run_id <> ?2)
ON CONFLICT DO NOTHING;

-- name: DequeueAsset
DELETE FROM asset_dag_run_queue
WHERE dag_id = ?1 AND asset_id = (SELECT id FROM asset WHERE name = ?2 AND uri = ?3);

-- name: DeleteAssetReferences
DELETE FROM dag_schedule_asset_reference WHERE dag_id = ?;

-- name: SaveAssetReference
INSERT INTO dag_schedule_asset_reference (dag_id, name, uri, created_at) VALUES (?, ?, ?, ?)
ON CONFLICT (dag_id, name, uri) DO UPDATE SET created_at = excluded.created_at;

-- name: SelectAssetQueue
SELECT q.dag_id, a.name, a.uri, q.created_at
FROM asset_dag_run_queue AS q JOIN asset AS a ON a.id = q.asset_id
ORDER BY q.dag_id, a.name, a.uri;

-- name: SelectAliasAssets
SELECT m.alias, a.name, a.uri FROM asset_alias_asset AS m JOIN asset AS a ON a.id = m.asset_id
ORDER BY m.alias, a.name, a.uri;

-- name: SelectAssetReferences
SELECT dag_id, name, uri, created_at FROM dag_schedule_asset_reference ORDER BY dag_id, name, uri;

-- name: SelectLastAssetRuns
SELECT dag_id, max(run_after) FROM dag_run WHERE run_type = 'asset_triggered' GROUP BY dag_id;

-- name: SelectAssetsOfAlias
SELECT {AssetColumns} FROM asset WHERE id IN (SELECT asset_id FROM asset_alias_asset WHERE alias = ?)
ORDER BY name, uri;

-- name: events.unregistered
e.registered_at IS NULL

-- name: events.consumedBy
e.id IN (SELECT event_id FROM dag_run_asset_event WHERE dag_id = ? AND run_id = ?)
