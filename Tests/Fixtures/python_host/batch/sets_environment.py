import os

from airflow.sdk import DAG

os.environ["LEFT_BEHIND"] = "yes"
dag = DAG("sets_environment")
