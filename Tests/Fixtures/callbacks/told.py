"""DAGs whose callbacks tell what they were called with."""

import json
import signal
import time

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG, Connection, Variable


def tell(context):
    ti = context.get("ti")
    print("TOLD " + json.dumps({
        "run_id": context["run_id"], "dag_id": context["dag"].dag_id, "reason": context.get("reason"),
        "conf": context["dag_run"].conf if "dag_run" in context else None,
        "task": [ti.task_id, ti.map_index, ti.try_number, ti.max_tries] if ti else None,
    }))


def fail(context):
    raise ValueError("no")


def ask(context):
    print("TOLD " + json.dumps([Variable.get("plain_value"), Connection.get("db").password, "plain text"]))


def hang(context):
    time.sleep(3600)


def hang_on(context):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    time.sleep(3600)


def leave(context):
    import os
    os._exit(9)


def sync_told(*, text, context, wait=None):
    print("TOLD " + json.dumps({
        "text": text, "wait": wait and wait.total_seconds(), "run": context["dag_run"]["dag_run_id"],
        "state": context["dag_run"]["state"], "deadline": type(context["deadline"]["deadline_time"]).__name__,
    }))


def without_context(text):
    print("TOLD " + json.dumps(text))


class Notifier:
    def __init__(self, text, context):
        self.text = text

    def __call__(self, context):
        print("TOLD " + json.dumps([self.text, context["dag_run"]["dag_id"]]))


for name, callbacks in {"tells": [fail, tell], "asks": ask, "hangs": hang, "hangs_on": hang_on, "leaves": leave}.items():
    with DAG(name, on_failure_callback=callbacks, on_success_callback=tell):
        BashOperator(task_id="t", bash_command="exit 1", retries=2, on_failure_callback=[tell], on_retry_callback=tell)
        BashOperator.partial(task_id="m", on_failure_callback=tell).expand(bash_command=["a", "b"])
