from airflow.sdk import DAG
from airflow.providers.standard.operators.empty import EmptyOperator
def deeper(level):
    return deeper(level + 1)


deeper(0)
