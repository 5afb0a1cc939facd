"""The smallest DAG: two Bash tasks, once a day. It shows that a push has arrived and that runs work."""

from __future__ import annotations

from datetime import datetime, timedelta

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG

with DAG(
    dag_id="hello_git_dag",
    description="Says hello from the DAGs repository",
    schedule="@daily",
    start_date=datetime(2026, 1, 1),
    catchup=False,
    default_args={"owner": "git", "retries": 1, "retry_delay": timedelta(seconds=10)},
    tags=["example"],
    doc_md=__doc__,
) as dag:
    hello = BashOperator(task_id="hello", bash_command='echo "Hello from Git on {{ ds }}"')
    goodbye = BashOperator(
        task_id="goodbye",
        bash_command='echo "{{ ti.xcom_pull(task_ids=\'hello\') }}, and goodbye"',
    )
    hello >> goodbye
