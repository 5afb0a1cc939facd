from airflow.sdk import DAG
import registry

registry.FILES.append(__file__)
dag = DAG(f"plain_a_{len(registry.FILES)}")
