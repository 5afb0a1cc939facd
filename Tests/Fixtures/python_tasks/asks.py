"""A file whose DAG depends on what the store holds."""

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG, Connection, Variable

words = [Variable.get("plain_value"), Connection.get("db").port, Variable.get("absent", default="fallback")]
with DAG("asks", schedule=None):
    BashOperator(task_id="say", bash_command="echo " + " ".join(map(str, words)))
