from airflow.sdk import DAG
import registry

registry.FILES.append(__file__)
dag = DAG(f"plain_b_{len(registry.FILES)}")
