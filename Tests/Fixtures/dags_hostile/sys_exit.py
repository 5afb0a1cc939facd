from airflow.sdk import DAG
from airflow.providers.standard.operators.empty import EmptyOperator
import sys

sys.exit(3)
