-- What is to run after changes of state, and the deadlines of runs. What is asked of a run that has gone meanwhile is
-- dropped.

-- name: CallbackColumns
id, dag_id, run_id, type, data, created_at, attempts, due_at

-- name: SaveCallback :batch
INSERT INTO callback ({CallbackColumns})
SELECT n.* FROM unnest(?::uuid[], ?::text[], ?::text[], ?::text[], ?::text[], ?::timestamptz[], ?::bigint[], ?::timestamptz[])
    AS n ({CallbackColumns})
WHERE EXISTS (SELECT 1 FROM dag_run AS r WHERE r.dag_id = n.dag_id AND r.run_id = n.run_id)
ON CONFLICT (id) DO UPDATE SET attempts = excluded.attempts, due_at = excluded.due_at;

-- name: FinishCallback :batch
DELETE FROM callback WHERE id IN (SELECT unnest(?::uuid[]));

-- name: SelectCallbacks
SELECT {CallbackColumns} FROM callback ORDER BY created_at, id;

-- name: DeadlineColumns
id, dag_id, run_id, name, deadline_time, missed, since_queued, action

-- name: SaveDeadline :batch
INSERT INTO deadline ({DeadlineColumns})
SELECT n.* FROM unnest(?::uuid[], ?::text[], ?::text[], ?::text[], ?::timestamptz[], ?::boolean[], ?::bigint[], ?::text[])
    AS n ({DeadlineColumns})
WHERE EXISTS (SELECT 1 FROM dag_run AS r WHERE r.dag_id = n.dag_id AND r.run_id = n.run_id)
ON CONFLICT (id) DO UPDATE SET deadline_time = excluded.deadline_time, missed = excluded.missed;

-- name: DeleteDeadline :batch
DELETE FROM deadline WHERE id IN (SELECT unnest(?::uuid[]));

-- name: SelectDeadlines
SELECT {DeadlineColumns} FROM deadline WHERE {conditions} ORDER BY deadline_time, id;

-- name: deadlines.run
dag_id = ? AND run_id = ?

-- name: deadlines.missed
missed = ?
