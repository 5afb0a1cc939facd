from airflow.sdk import DAG

DAG("left_open").__enter__()
dag = DAG("enters_a_dag")
