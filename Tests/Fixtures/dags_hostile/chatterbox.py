from airflow.sdk import DAG
from airflow.providers.standard.operators.empty import EmptyOperator
import os

line = b"spam and eggs\n" * 65536
for _ in range(1200):
    os.write(1, line)
with DAG("chatterbox", schedule=None):
    EmptyOperator(task_id="calm")
