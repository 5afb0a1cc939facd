-- Values that tasks leave for each other, as JSON text: member order and NaN are kept.

-- name: XComColumns
dag_id, run_id, task_id, map_index, key, value, mapped_length, timestamp

-- name: SetXCom
INSERT INTO xcom ({XComColumns})
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (dag_id, run_id, task_id, map_index, key) DO UPDATE SET
    value = excluded.value, mapped_length = excluded.mapped_length, timestamp = excluded.timestamp;

-- name: SelectXCom
SELECT {XComColumns} FROM xcom WHERE dag_id = ? AND run_id = ? AND task_id = ? AND map_index = ? AND key = ?;

-- name: SelectXComs
SELECT {XComColumns} FROM xcom
WHERE dag_id = ? AND run_id = ? AND {conditions}
ORDER BY task_id, map_index, key;

-- name: xcoms.taskIDs
task_id IN (SELECT value FROM json_each(?))

-- name: xcoms.key
key = ?

-- A run without a logical date counts by run_after.
-- name: SelectLatestXCom
SELECT x.dag_id, x.run_id, x.task_id, x.map_index, x.key, x.value, x.mapped_length, x.timestamp
FROM xcom AS x JOIN dag_run AS r ON r.dag_id = x.dag_id AND r.run_id = x.run_id
WHERE x.dag_id = ?1 AND x.task_id = ?3 AND x.map_index = ?4 AND x.key = ?5
    AND coalesce(r.logical_date, r.run_after) <= (
        SELECT coalesce(logical_date, run_after) FROM dag_run WHERE dag_id = ?1 AND run_id = ?2)
ORDER BY coalesce(r.logical_date, r.run_after) DESC, x.timestamp DESC
LIMIT 1;

-- name: DeleteXCom
DELETE FROM xcom WHERE dag_id = ? AND run_id = ? AND task_id = ? AND map_index = ? AND key = ?;

-- name: DeleteXComs
DELETE FROM xcom WHERE dag_id = ? AND run_id = ? AND task_id = ? AND map_index = ?;
