echo "{{ word | upper }} on {{ ds_nodash }}"
