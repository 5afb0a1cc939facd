from airflow.sdk import DAG

dag = DAG("breaks")
raise RuntimeError("on purpose")
