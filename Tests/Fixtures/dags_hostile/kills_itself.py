from airflow.sdk import DAG
from airflow.providers.standard.operators.empty import EmptyOperator
import os
import signal

os.kill(os.getpid(), signal.SIGKILL)
