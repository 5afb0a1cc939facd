-- What tasks report of their work. A row of an earlier try, or one that says the same again, changes nothing.

-- name: TrackedMetricColumns
dag_id, run_id, task_id, map_index, name, step, epoch, value, try_number, timestamp

-- name: TrackMetric
INSERT INTO tracked_metric ({TrackedMetricColumns})
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (dag_id, run_id, task_id, map_index, name, step) DO UPDATE SET
    epoch = excluded.epoch, value = excluded.value, try_number = excluded.try_number, timestamp = excluded.timestamp
WHERE excluded.try_number >= tracked_metric.try_number
    AND (excluded.epoch IS NOT tracked_metric.epoch OR excluded.value IS NOT tracked_metric.value);

-- name: SelectMetrics
SELECT {TrackedMetricColumns} FROM tracked_metric
WHERE dag_id = ? AND run_id = ? AND {conditions}
ORDER BY task_id, map_index, name, step;

-- name: TrackedParamColumns
dag_id, run_id, task_id, map_index, name, value, try_number, timestamp

-- name: TrackParam
INSERT INTO tracked_param ({TrackedParamColumns})
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (dag_id, run_id, task_id, map_index, name) DO UPDATE SET
    value = excluded.value, try_number = excluded.try_number, timestamp = excluded.timestamp
WHERE excluded.try_number >= tracked_param.try_number
    AND (excluded.value IS NOT tracked_param.value);

-- name: SelectParams
SELECT {TrackedParamColumns} FROM tracked_param
WHERE dag_id = ? AND run_id = ? AND {conditions}
ORDER BY task_id, map_index, name;

-- name: TrackedArtifactColumns
dag_id, run_id, task_id, map_index, name, path, bytes, sha256, try_number, timestamp

-- name: TrackArtifact
INSERT INTO tracked_artifact ({TrackedArtifactColumns})
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (dag_id, run_id, task_id, map_index, name) DO UPDATE SET
    path = excluded.path, bytes = excluded.bytes, sha256 = excluded.sha256,
    try_number = excluded.try_number, timestamp = excluded.timestamp
WHERE excluded.try_number >= tracked_artifact.try_number
    AND (
        excluded.path IS NOT tracked_artifact.path OR excluded.bytes IS NOT tracked_artifact.bytes
        OR excluded.sha256 IS NOT tracked_artifact.sha256);

-- name: SelectArtifacts
SELECT {TrackedArtifactColumns} FROM tracked_artifact
WHERE dag_id = ? AND run_id = ? AND {conditions}
ORDER BY task_id, map_index, name;

-- name: tracking.taskIDs
task_id IN (SELECT value FROM json_each(?))

-- name: tracking.names
name IN (SELECT value FROM json_each(?))
