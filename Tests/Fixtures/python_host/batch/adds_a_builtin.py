import builtins

from airflow.sdk import DAG

builtins.left_behind = "yes"
dag = DAG("adds_a_builtin")
