import json

from airflow.sdk import DAG

dag = DAG("patches_a_function")
json.loads = lambda text: {}
