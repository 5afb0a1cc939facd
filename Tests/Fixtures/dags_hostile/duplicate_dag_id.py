from airflow.sdk import DAG
from airflow.providers.standard.operators.empty import EmptyOperator
with DAG("twin", schedule=None):
    EmptyOperator(task_id="first")
with DAG("twin", schedule=None):
    EmptyOperator(task_id="second")
with DAG("only_child", schedule=None):
    EmptyOperator(task_id="calm")
