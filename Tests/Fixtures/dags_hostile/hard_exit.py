from airflow.sdk import DAG
from airflow.providers.standard.operators.empty import EmptyOperator
import os

os._exit(0)
