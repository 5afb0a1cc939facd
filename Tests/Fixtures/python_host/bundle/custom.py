from datetime import datetime

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG

from fixture_plugin import EverySevenHours, TryWeight

with DAG("custom", schedule=EverySevenHours(), start_date=datetime(2024, 1, 1)):
    EmptyOperator(task_id="weighed", weight_rule=TryWeight())
