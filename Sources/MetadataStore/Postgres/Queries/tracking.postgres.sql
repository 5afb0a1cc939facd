-- What tasks report of their work. A row of an earlier try, or one that says the same again, changes nothing.

-- name: TrackedMetricColumns
dag_id, run_id, task_id, map_index, name, step, epoch, value, try_number, timestamp

-- name: TrackMetric :batch
INSERT INTO tracked_metric ({TrackedMetricColumns})
SELECT * FROM unnest(
    ?::text[], ?::text[], ?::text[], ?::bigint[], ?::text[], ?::bigint[], ?::bigint[], ?::double precision[],
    ?::bigint[], ?::timestamptz[]
)
ON CONFLICT (dag_id, run_id, task_id, map_index, name, step) DO UPDATE SET
    epoch = excluded.epoch, value = excluded.value, try_number = excluded.try_number, timestamp = excluded.timestamp
WHERE excluded.try_number >= tracked_metric.try_number
    AND (
        excluded.epoch IS DISTINCT FROM tracked_metric.epoch OR excluded.value IS DISTINCT FROM tracked_metric.value);

-- name: SelectMetrics
SELECT {TrackedMetricColumns} FROM tracked_metric
WHERE dag_id = ? AND run_id = ? AND {conditions}
ORDER BY task_id, map_index, name, step;

-- name: TrackedParamColumns
dag_id, run_id, task_id, map_index, name, value, try_number, timestamp

-- name: TrackParam :batch
INSERT INTO tracked_param ({TrackedParamColumns})
SELECT * FROM unnest(
    ?::text[], ?::text[], ?::text[], ?::bigint[], ?::text[], ?::text[], ?::bigint[], ?::timestamptz[]
)
ON CONFLICT (dag_id, run_id, task_id, map_index, name) DO UPDATE SET
    value = excluded.value, try_number = excluded.try_number, timestamp = excluded.timestamp
WHERE excluded.try_number >= tracked_param.try_number
    AND (excluded.value IS DISTINCT FROM tracked_param.value);

-- name: SelectParams
SELECT {TrackedParamColumns} FROM tracked_param
WHERE dag_id = ? AND run_id = ? AND {conditions}
ORDER BY task_id, map_index, name;

-- name: TrackedArtifactColumns
dag_id, run_id, task_id, map_index, name, path, bytes, sha256, try_number, timestamp

-- name: TrackArtifact :batch
INSERT INTO tracked_artifact ({TrackedArtifactColumns})
SELECT * FROM unnest(
    ?::text[], ?::text[], ?::text[], ?::bigint[], ?::text[], ?::text[], ?::bigint[], ?::text[], ?::bigint[],
    ?::timestamptz[]
)
ON CONFLICT (dag_id, run_id, task_id, map_index, name) DO UPDATE SET
    path = excluded.path, bytes = excluded.bytes, sha256 = excluded.sha256,
    try_number = excluded.try_number, timestamp = excluded.timestamp
WHERE excluded.try_number >= tracked_artifact.try_number
    AND (
        excluded.path IS DISTINCT FROM tracked_artifact.path OR excluded.bytes IS DISTINCT FROM tracked_artifact.bytes
        OR excluded.sha256 IS DISTINCT FROM tracked_artifact.sha256);

-- name: SelectArtifacts
SELECT {TrackedArtifactColumns} FROM tracked_artifact
WHERE dag_id = ? AND run_id = ? AND {conditions}
ORDER BY task_id, map_index, name;

-- name: tracking.taskIDs
task_id = ANY(?::text[])

-- name: tracking.names
name = ANY(?::text[])
