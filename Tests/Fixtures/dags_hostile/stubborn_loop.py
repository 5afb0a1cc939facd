from airflow.sdk import DAG
from airflow.providers.standard.operators.empty import EmptyOperator
while True:
    try:
        while True:
            pass
    except BaseException:
        continue
