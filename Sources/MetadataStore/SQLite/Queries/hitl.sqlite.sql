-- Questions to people.

-- name: HITLColumns
dag_id, run_id, task_id, map_index, options, subject, body, defaults, multiple, params, assignees, created_at

-- name: HITLResponseColumns
responded_at, responded_by, chosen_options, params_input

-- name: SaveHITLDetail
INSERT INTO hitl_detail (ti_id, {HITLColumns})
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (ti_id) DO UPDATE SET
    dag_id = excluded.dag_id, run_id = excluded.run_id, task_id = excluded.task_id, map_index = excluded.map_index,
    options = excluded.options, subject = excluded.subject, body = excluded.body, defaults = excluded.defaults,
    multiple = excluded.multiple, params = excluded.params, assignees = excluded.assignees,
    created_at = excluded.created_at,
    responded_at = NULL, responded_by = NULL, chosen_options = NULL, params_input = NULL;

-- name: SelectHITLDetails
SELECT ti_id, {HITLColumns}, {HITLResponseColumns} FROM hitl_detail
WHERE {conditions}
ORDER BY created_at, ti_id;

-- name: hitl.dagID
dag_id = ?

-- name: hitl.runID
run_id = ?

-- name: hitl.taskID
task_id = ?

-- name: hitl.tryIDs
ti_id IN (SELECT value FROM json_each(?))

-- name: hitl.isAnswered
(responded_at IS NOT NULL) = ?

-- ?1 the try, ?2 when, ?3 who, ?4 options, ?5 input. Nothing is changed where there is an answer.
-- name: RespondHITL
UPDATE hitl_detail SET responded_at = ?2, responded_by = ?3, chosen_options = ?4, params_input = ?5
WHERE ti_id = ?1 AND responded_at IS NULL;
