-- Assets, their events, and the state stores of tasks and assets.

-- name: AssetColumns
name, uri, "group", extra, is_active

-- name: SelectAssets
SELECT {AssetColumns} FROM asset ORDER BY name, uri;

-- name: SelectAssetByName
SELECT {AssetColumns} FROM asset WHERE name = ? ORDER BY is_active DESC, name, uri LIMIT 1;

-- name: SelectAssetByURI
SELECT {AssetColumns} FROM asset WHERE uri = ? ORDER BY is_active DESC, name, uri LIMIT 1;

-- name: DeactivateAssets
UPDATE asset SET is_active = FALSE WHERE is_active;

-- name: ActivateAsset
INSERT INTO asset (name, uri, "group", extra, is_active) VALUES (?, ?, ?, ?, TRUE)
ON CONFLICT (name, uri) DO UPDATE SET
    "group" = excluded."group", extra = excluded.extra, is_active = excluded.is_active;

-- An event through an alias brings an asset into being that no DAG names: it is not active.
-- name: CreateAsset
INSERT INTO asset (name, uri, "group", extra, is_active) VALUES (?, ?, 'asset', ?, FALSE)
ON CONFLICT DO NOTHING;

-- The same event of a repeated commit has the same source, instant and ordinal.
-- name: SaveAssetEvent
INSERT INTO asset_event (
    source_dag_id, source_run_id, source_task_id, source_map_index, timestamp, ordinal, extra, alias_names,
    asset_id, registered_at, partition_key
)
SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, id, ?5, ?12 FROM asset
WHERE (?9 IS NULL OR name = ?9) AND (?10 IS NULL OR uri = ?10) AND (is_active OR NOT ?11)
ORDER BY name, uri LIMIT 1
ON CONFLICT DO NOTHING;

-- name: SelectAssetEvents
SELECT e.id, a.name, a.uri, e.extra, e.alias_names,
    e.source_dag_id, e.source_run_id, e.source_task_id, e.source_map_index, e.timestamp,
    e.partition_key
FROM asset_event AS e JOIN asset AS a ON a.id = e.asset_id
WHERE {conditions}
ORDER BY e.timestamp, e.id;

-- name: events.name
a.name = ?

-- name: events.uri
a.uri = ?

-- name: events.aliasName
EXISTS (SELECT 1 FROM json_each(e.alias_names) WHERE value = ?)

-- name: SelectTaskState
SELECT key, value FROM task_state_store WHERE dag_id = ? AND run_id = ? AND task_id = ? AND map_index = ? AND key = ?;

-- name: SetTaskState
INSERT INTO task_state_store (dag_id, run_id, task_id, map_index, key, value) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (dag_id, run_id, task_id, map_index, key) DO UPDATE SET value = excluded.value;

-- name: DeleteTaskState
DELETE FROM task_state_store WHERE dag_id = ? AND run_id = ? AND task_id = ? AND map_index = ? AND key = ?;

-- name: ClearTaskState
DELETE FROM task_state_store WHERE dag_id = ? AND run_id = ? AND task_id = ? AND map_index = ?;

-- name: AssetOfName
SELECT id FROM asset WHERE name = ?1 ORDER BY is_active DESC, name, uri LIMIT 1

-- name: SelectAssetStateByName
SELECT key, value FROM asset_state_store WHERE asset_id = ({AssetOfName}) AND key = ?2;

-- name: SetAssetStateByName
INSERT INTO asset_state_store (asset_id, key, value)
SELECT id, ?2, ?3 FROM asset WHERE id = ({AssetOfName})
ON CONFLICT (asset_id, key) DO UPDATE SET value = excluded.value;

-- name: DeleteAssetStateByName
DELETE FROM asset_state_store WHERE asset_id = ({AssetOfName}) AND key = ?2;

-- name: ClearAssetStateByName
DELETE FROM asset_state_store WHERE asset_id = ({AssetOfName});

-- name: AssetOfURI
SELECT id FROM asset WHERE uri = ?1 ORDER BY is_active DESC, name, uri LIMIT 1

-- name: SelectAssetStateByURI
SELECT key, value FROM asset_state_store WHERE asset_id = ({AssetOfURI}) AND key = ?2;

-- name: SetAssetStateByURI
INSERT INTO asset_state_store (asset_id, key, value)
SELECT id, ?2, ?3 FROM asset WHERE id = ({AssetOfURI})
ON CONFLICT (asset_id, key) DO UPDATE SET value = excluded.value;

-- name: DeleteAssetStateByURI
DELETE FROM asset_state_store WHERE asset_id = ({AssetOfURI}) AND key = ?2;

-- name: ClearAssetStateByURI
DELETE FROM asset_state_store WHERE asset_id = ({AssetOfURI});
