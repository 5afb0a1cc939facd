from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG

with DAG("quiet", schedule=None):
    EmptyOperator(task_id="nothing")
