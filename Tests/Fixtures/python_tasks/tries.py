"""Tasks that end in every way a task can."""

import logging
import os
import signal
import subprocess
import sys
import time
from datetime import datetime, timedelta, timezone

from airflow.providers.standard.operators.python import ShortCircuitOperator
from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.providers.standard.sensors.time_delta import TimeDeltaSensor
from airflow.sdk import DAG, Connection, Variable, get_current_context, task
from airflow.sdk.exceptions import AirflowFailException, AirflowRescheduleException, AirflowSkipException

with DAG("tries", schedule=None):

    @task
    def succeed():
        print("printed")
        print("to err", file=sys.stderr)
        logging.getLogger("mine").warning("logged %s", 3)
        return {"answer": 42, "when": datetime(2020, 1, 1, tzinfo=timezone.utc)}

    @task
    def fail():
        raise ValueError("no")

    @task
    def fail_for_good():
        raise AirflowFailException("never again")

    @task
    def skip():
        raise AirflowSkipException("not today")

    @task
    def reschedule():
        raise AirflowRescheduleException(datetime(2030, 1, 2, 3, 4, 5, tzinfo=timezone.utc))

    @task
    def leave():
        os._exit(7)

    @task
    def crash():
        os.kill(os.getpid(), signal.SIGSEGV)

    @task
    def secrets():
        connection = Connection.get("db")
        print("value", Variable.get("plain_value"), Variable.get("api_key"), connection.password, connection.port)
        print("absent", Variable.get("absent", default="fallback"))
        Variable.set("written", "by the task")

    @task
    def pull():
        ti = get_current_context()["ti"]
        return {"one": ti.xcom_pull(task_ids="upstream"), "none": ti.xcom_pull(task_ids="nobody")}

    @task
    def large():
        return ["x" * 1000] * 3000

    @task(show_return_value_in_logs=False)
    def too_large():
        return "x" * (5 << 20)

    @task
    def not_json():
        return {"lock": object()}

    @task
    def stubborn():
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        child = subprocess.Popen(["sleep", "1000"])
        print("ready", child.pid, flush=True)
        while True:
            time.sleep(1)

    @task(on_failure_callback=lambda context: time.sleep(1000))
    def slow_callback():
        raise ValueError("slow")

    @task
    def who_is_my_parent():
        return os.getppid()

    @task
    def context():
        context = get_current_context()
        return {
            "logical_date": context["logical_date"].isoformat(), "conf": context["dag_run"].conf,
            "try_number": context["ti"].try_number, "previous": None,
        }

    succeed()
    fail()
    fail_for_good()
    skip()
    reschedule()
    leave()
    crash()
    secrets()
    pull()
    large()
    too_large()
    not_json()
    stubborn()
    slow_callback()
    who_is_my_parent()
    context()
    ShortCircuitOperator(task_id="short_circuit", python_callable=lambda: False) >> task(task_id="after")(lambda: 1)()
    TimeDeltaSensor(task_id="defer", delta=timedelta(hours=1), deferrable=True)
    TriggerDagRunOperator(task_id="trigger", trigger_dag_id="other", conf={"a": 1}, trigger_run_id="r1")
