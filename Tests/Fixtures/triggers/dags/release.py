"""Tasks that ask people."""

from datetime import datetime, timedelta

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.providers.standard.operators.hitl import (
    ApprovalOperator, HITLBranchOperator, HITLEntryOperator, HITLOperator)
from airflow.sdk import DAG, Param

with DAG("release", schedule=None, start_date=datetime(2024, 1, 1)):
    ApprovalOperator(task_id="approve", subject="Ship {{ params.what }}?", params={"what": "it"}) >> EmptyOperator(task_id="ship")
    ApprovalOperator(task_id="refuse", subject="Burn it?") >> EmptyOperator(task_id="burn")
    HITLBranchOperator(task_id="branch", subject="Where?", options=["left", "right"]) >> [
        EmptyOperator(task_id="left"), EmptyOperator(task_id="right")]
    HITLEntryOperator(
        task_id="entry", subject="How long?", params={"epochs": Param(3, type="integer", minimum=1)})
    HITLOperator(
        task_id="late", subject="Anyone?", options=["a", "b"], defaults="b", params={"note": "none"},
        response_timeout=timedelta(seconds=1))

with DAG("nobody", schedule=None, start_date=datetime(2024, 1, 1)):
    HITLOperator(task_id="late", subject="Anyone?", options=["a"], response_timeout=timedelta(seconds=1))
