echo "found on the path, {{ run_id }}"
