"""A nested file whose helpers are imported as in Airflow: by their path below the bundle's root."""

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG

from team.stages.words import GREETING
from team.utils import shout

with DAG("nested", schedule=None):
    BashOperator(task_id="say", bash_command=f"echo {shout(GREETING)}")
