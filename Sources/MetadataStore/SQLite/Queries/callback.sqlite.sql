-- What is to run after changes of state, and the deadlines of runs. What is asked of a run that has gone meanwhile is
-- dropped.

-- name: CallbackColumns
id, dag_id, run_id, type, data, created_at, attempts, due_at

-- name: SaveCallback
INSERT INTO callback ({CallbackColumns})
SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8
WHERE EXISTS (SELECT 1 FROM dag_run WHERE dag_id = ?2 AND run_id = ?3)
ON CONFLICT (id) DO UPDATE SET attempts = excluded.attempts, due_at = excluded.due_at;

-- name: FinishCallback
DELETE FROM callback WHERE id = ?;

-- name: SelectCallbacks
SELECT {CallbackColumns} FROM callback ORDER BY created_at, id;

-- name: DeadlineColumns
id, dag_id, run_id, name, deadline_time, missed, since_queued, action

-- name: SaveDeadline
INSERT INTO deadline ({DeadlineColumns})
SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8
WHERE EXISTS (SELECT 1 FROM dag_run WHERE dag_id = ?2 AND run_id = ?3)
ON CONFLICT (id) DO UPDATE SET deadline_time = excluded.deadline_time, missed = excluded.missed;

-- name: DeleteDeadline
DELETE FROM deadline WHERE id = ?;

-- name: SelectDeadlines
SELECT {DeadlineColumns} FROM deadline WHERE {conditions} ORDER BY deadline_time, id;

-- name: deadlines.run
dag_id = ? AND run_id = ?

-- name: deadlines.missed
missed = ?
