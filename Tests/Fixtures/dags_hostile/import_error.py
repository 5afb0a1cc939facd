from airflow.sdk import DAG
from airflow.providers.standard.operators.empty import EmptyOperator
import a_module_that_nobody_has
