from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import DAG

TriggerDagRunOperator.template_fields_renderers = {}
dag = DAG("patches_an_operator")
