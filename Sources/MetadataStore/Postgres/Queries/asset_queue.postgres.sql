-- Runs that assets start: the queue of events, and which run consumes which.

-- name: AssociateAlias :batch
INSERT INTO asset_alias_asset (alias, asset_id)
SELECT n.alias, a.id FROM unnest(?::text[], ?::text[], ?::text[]) AS n (alias, name, uri)
JOIN asset AS a ON a.name = n.name AND a.uri = n.uri
ON CONFLICT DO NOTHING;

-- name: CreateAssetEvent
INSERT INTO asset_event (asset_id, extra, alias_names, timestamp, ordinal, partition_key)
SELECT id, ?3::text, '[]', ?4::timestamptz, 0, ?5::text FROM asset WHERE name = ?1::text AND uri = ?2::text
RETURNING id;

-- name: RegisterAssetEvent :batch
UPDATE asset_event AS e SET registered_at = n.registered_at
FROM unnest(?::bigint[], ?::timestamptz[]) AS n (id, registered_at)
WHERE e.id = n.id AND e.registered_at IS NULL;

-- name: QueueAsset :batch
INSERT INTO asset_dag_run_queue (dag_id, asset_id, created_at)
SELECT n.dag_id, a.id, n.created_at
FROM unnest(?::text[], ?::text[], ?::text[], ?::timestamptz[]) AS n (dag_id, name, uri, created_at)
JOIN asset AS a ON a.name = n.name AND a.uri = n.uri
ON CONFLICT DO NOTHING;

-- dag, run, window, assets as [[name, uri], ...], aliases. What an earlier run of the DAG has consumed is not consumed
-- again; runs of one batch are of different DAGs.
-- name: ConsumeAssetEvents :batch
INSERT INTO dag_run_asset_event (dag_id, run_id, event_id)
SELECT n.dag_id, n.run_id, e.id
FROM unnest(?::text[], ?::text[], ?::timestamptz[], ?::timestamptz[], ?::text[], ?::text[])
    AS n (dag_id, run_id, window_start, window_end, assets, aliases)
JOIN asset_event AS e
    ON e.registered_at >= coalesce(n.window_start, '-infinity'::timestamptz) AND e.registered_at <= n.window_end
JOIN asset AS a ON a.id = e.asset_id
WHERE (
        EXISTS (
            SELECT 1 FROM jsonb_array_elements(n.assets::jsonb) AS x (pair)
            WHERE x.pair ->> 0 = a.name AND x.pair ->> 1 = a.uri)
        OR EXISTS (
            SELECT 1 FROM jsonb_array_elements_text(e.alias_names::jsonb) AS x (name)
            WHERE jsonb_exists(n.aliases::jsonb, x.name)))
    AND NOT EXISTS (
        SELECT 1 FROM dag_run_asset_event AS c
        WHERE c.event_id = e.id AND c.dag_id = n.dag_id AND c.run_id <> n.run_id)
ON CONFLICT DO NOTHING;

-- name: DequeueAsset :batch
DELETE FROM asset_dag_run_queue AS q
USING unnest(?::text[], ?::text[], ?::text[]) AS n (dag_id, name, uri), asset AS a
WHERE q.dag_id = n.dag_id AND q.asset_id = a.id AND a.name = n.name AND a.uri = n.uri;

-- name: DeleteAssetReferences :batch
DELETE FROM dag_schedule_asset_reference WHERE dag_id IN (SELECT unnest(?::text[]));

-- name: SaveAssetReference :batch
INSERT INTO dag_schedule_asset_reference (dag_id, name, uri, created_at)
SELECT * FROM unnest(?::text[], ?::text[], ?::text[], ?::timestamptz[])
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
