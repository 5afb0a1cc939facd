echo "first {{ ds }}"
echo "script of {{ task.task_id }} for {{ params.table }}"
