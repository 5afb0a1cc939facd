import pip

from airflow.sdk import DAG

pip.main = None
dag = DAG("changes_a_library")
