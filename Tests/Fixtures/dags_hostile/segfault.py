from airflow.sdk import DAG
from airflow.providers.standard.operators.empty import EmptyOperator
import ctypes

ctypes.string_at(0)
