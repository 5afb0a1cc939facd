-- Tries: the live one of each task instance, and those before it.

-- name: TaskColumns
    id, dag_id, run_id, task_id, map_index, state, try_number, max_tries, launch_number, loss_count,
    reschedule_count, scheduled_dttm, queued_dttm, start_date, end_date, updated_at, next_look_at, operator,
    pool, pool_slots, priority_weight, queue, executor, hostname, unixname, pid, pid_start_time, dag_version_id,
    rendered_map_index, note, next_method, next_kwargs, trigger_class, trigger_kwargs, trigger_timeout, reason,
    image_id

-- Another try of the same key gives way to the one that is saved next.
-- name: DisplaceTask
DELETE FROM task_instance WHERE dag_id = ? AND run_id = ? AND task_id = ? AND map_index = ? AND id <> ?;

-- name: SaveTask
INSERT INTO task_instance (
    {TaskColumns}
)
VALUES (
    ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,
    ?
)
ON CONFLICT (id) DO UPDATE SET
    dag_id = excluded.dag_id, run_id = excluded.run_id, task_id = excluded.task_id,
    map_index = excluded.map_index, state = excluded.state, try_number = excluded.try_number,
    max_tries = excluded.max_tries, launch_number = excluded.launch_number, loss_count = excluded.loss_count,
    reschedule_count = excluded.reschedule_count, scheduled_dttm = excluded.scheduled_dttm,
    queued_dttm = excluded.queued_dttm, start_date = excluded.start_date, end_date = excluded.end_date,
    updated_at = excluded.updated_at, next_look_at = excluded.next_look_at, operator = excluded.operator,
    pool = excluded.pool, pool_slots = excluded.pool_slots, priority_weight = excluded.priority_weight,
    queue = excluded.queue, executor = excluded.executor, hostname = excluded.hostname,
    unixname = excluded.unixname, pid = excluded.pid, pid_start_time = excluded.pid_start_time,
    dag_version_id = excluded.dag_version_id, rendered_map_index = excluded.rendered_map_index,
    note = excluded.note, next_method = excluded.next_method, next_kwargs = excluded.next_kwargs,
    trigger_class = excluded.trigger_class, trigger_kwargs = excluded.trigger_kwargs,
    trigger_timeout = excluded.trigger_timeout, reason = excluded.reason, image_id = excluded.image_id;

-- name: ArchiveTask
INSERT INTO task_instance_history (
    {TaskColumns}
)
VALUES (
    ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,
    ?
)
ON CONFLICT (id) DO UPDATE SET
    dag_id = excluded.dag_id, run_id = excluded.run_id, task_id = excluded.task_id,
    map_index = excluded.map_index, state = excluded.state, try_number = excluded.try_number,
    max_tries = excluded.max_tries, launch_number = excluded.launch_number, loss_count = excluded.loss_count,
    reschedule_count = excluded.reschedule_count, scheduled_dttm = excluded.scheduled_dttm,
    queued_dttm = excluded.queued_dttm, start_date = excluded.start_date, end_date = excluded.end_date,
    updated_at = excluded.updated_at, next_look_at = excluded.next_look_at, operator = excluded.operator,
    pool = excluded.pool, pool_slots = excluded.pool_slots, priority_weight = excluded.priority_weight,
    queue = excluded.queue, executor = excluded.executor, hostname = excluded.hostname,
    unixname = excluded.unixname, pid = excluded.pid, pid_start_time = excluded.pid_start_time,
    dag_version_id = excluded.dag_version_id, rendered_map_index = excluded.rendered_map_index,
    note = excluded.note, next_method = excluded.next_method, next_kwargs = excluded.next_kwargs,
    trigger_class = excluded.trigger_class, trigger_kwargs = excluded.trigger_kwargs,
    trigger_timeout = excluded.trigger_timeout, reason = excluded.reason, image_id = excluded.image_id;

-- name: RemoveTask
DELETE FROM task_instance WHERE id = ?;

-- name: SelectTask
SELECT {TaskColumns} FROM task_instance WHERE id = ?;

-- name: SelectTasks
SELECT {TaskColumns} FROM task_instance
WHERE {conditions}
ORDER BY dag_id, run_id, task_id, map_index;

-- name: tasks.run
dag_id = ? AND run_id = ?

-- name: tasks.dagID
dag_id = ?

-- name: tasks.runIDs
run_id IN (SELECT value FROM json_each(?))

-- name: tasks.logicalDates
(dag_id, run_id) IN (SELECT dag_id, run_id FROM dag_run WHERE logical_date IN (SELECT value FROM json_each(?)))

-- name: tasks.taskIDs
task_id IN (SELECT value FROM json_each(?))

-- name: tasks.mapIndex
map_index = ?

-- name: tasks.states
state IN (SELECT value FROM json_each(?))

-- name: SelectHistory
SELECT {TaskColumns} FROM task_instance_history
WHERE dag_id = ? AND run_id = ? AND task_id = ? AND map_index = ?
ORDER BY try_number, id;

-- name: SaveReschedule
INSERT INTO task_reschedule (ti_id, start_date, end_date, reschedule_date) VALUES (?, ?, ?, ?)
ON CONFLICT (ti_id, start_date) DO UPDATE SET
    end_date = excluded.end_date, reschedule_date = excluded.reschedule_date;

-- name: SelectReschedules
SELECT ti_id, start_date, end_date, reschedule_date FROM task_reschedule WHERE ti_id = ? ORDER BY start_date;

-- name: SetRenderedFields
INSERT INTO rendered_task_instance_fields (dag_id, run_id, task_id, map_index, rendered_fields)
VALUES (?, ?, ?, ?, ?)
ON CONFLICT (dag_id, run_id, task_id, map_index) DO UPDATE SET rendered_fields = excluded.rendered_fields;

-- name: SelectRenderedFields
SELECT dag_id, run_id, task_id, map_index, rendered_fields FROM rendered_task_instance_fields
WHERE dag_id = ? AND run_id = ? AND task_id = ? AND map_index = ?;
