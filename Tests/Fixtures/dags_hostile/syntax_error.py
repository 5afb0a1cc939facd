from airflow.sdk import DAG

with DAG("broken"
    pass
