from airflow.sdk import DAG

DAG.__repr__ = lambda dag: "patched"
dag = DAG("patches_a_class")
