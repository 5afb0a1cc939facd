import pip

from airflow.sdk import DAG

dag = DAG("sees_changes" if pip.main is None else "sees_nothing")
