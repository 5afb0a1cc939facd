import sys
import types

from airflow.sdk import DAG

sys.modules["not_installed"] = types.ModuleType("not_installed")
dag = DAG("stands_in_a_module")
