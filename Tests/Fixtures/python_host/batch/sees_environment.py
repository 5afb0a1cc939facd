import os

from airflow.sdk import DAG

dag = DAG("sees_" + os.environ.get("LEFT_BEHIND", "nothing"))
