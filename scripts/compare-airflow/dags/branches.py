"""Branches, short circuits and the operators and sensors on time."""

from datetime import datetime, timedelta

from airflow.providers.standard.operators.datetime import BranchDateTimeOperator
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.providers.standard.operators.latest_only import LatestOnlyOperator
from airflow.providers.standard.operators.python import BranchPythonOperator, ShortCircuitOperator
from airflow.providers.standard.operators.weekday import BranchDayOfWeekOperator
from airflow.providers.standard.sensors.bash import BashSensor
from airflow.providers.standard.sensors.date_time import DateTimeSensor, DateTimeSensorAsync
from airflow.providers.standard.sensors.python import PythonSensor
from airflow.providers.standard.sensors.time_delta import TimeDeltaSensor
from airflow.providers.standard.sensors.weekday import DayOfWeekSensor
from airflow.sdk import DAG, PokeReturnValue

WEEK = {"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"}


def empty(task_id: str, trigger_rule: str = "all_success") -> EmptyOperator:
    return EmptyOperator(task_id=task_id, trigger_rule=trigger_rule)


with DAG("compare_branches", schedule=None, start_date=datetime(2026, 1, 1), catchup=False):
    # One task behind each: LatestOnly pushes a list that Airflow makes from a set.
    LatestOnlyOperator(task_id="latest") >> empty("after_latest") >> empty("behind_latest")
    LatestOnlyOperator(task_id="latest_all_done") >> empty("after_latest_all_done", "all_done")
    BranchPythonOperator(task_id="one", python_callable=lambda: "one_a") >> [empty("one_a"), empty("one_b")]
    BranchPythonOperator(task_id="two", python_callable=lambda: ["two_a", "two_b"]) >> [
        empty("two_a"), empty("two_b"), empty("two_c"),
    ]
    BranchPythonOperator(task_id="none", python_callable=lambda: None) >> empty("none_a")
    BranchPythonOperator(task_id="wrong", python_callable=lambda: "nowhere") >> empty("wrong_a")

    joined = BranchPythonOperator(task_id="join", python_callable=lambda: "join_a")
    ways = [empty("join_a"), empty("join_b")]
    joined >> ways
    for rule in ("all_success", "none_failed", "none_failed_min_one_success", "one_success", "all_done", "none_skipped"):
        ways >> empty(f"joined_{rule}", rule)

    ShortCircuitOperator(task_id="closed", python_callable=lambda: False) >> empty("closed_a") >> empty("closed_b", "all_done")
    ShortCircuitOperator(task_id="closed_soft", python_callable=lambda: [], ignore_downstream_trigger_rules=False) >> empty(
        "soft_a"
    ) >> empty("soft_b", "all_done")
    ShortCircuitOperator(task_id="open", python_callable=lambda: {"some": "value"}) >> empty("open_a")

    BranchDateTimeOperator(
        task_id="in_range", follow_task_ids_if_true=["in_a"], follow_task_ids_if_false=["in_b"],
        target_lower=datetime(2020, 1, 1), target_upper=None,
    ) >> [empty("in_a"), empty("in_b")]
    BranchDateTimeOperator(
        task_id="by_logical_date", follow_task_ids_if_true=["by_a"], follow_task_ids_if_false=["by_b"],
        target_lower=None, target_upper=datetime(2020, 1, 1), use_task_logical_date=True,
    ) >> [empty("by_a"), empty("by_b")]
    BranchDayOfWeekOperator(
        task_id="any_day", follow_task_ids_if_true="any_a", follow_task_ids_if_false="any_b", week_day=WEEK,
    ) >> [empty("any_a"), empty("any_b")]

with DAG("compare_sensors", schedule=None, start_date=datetime(2026, 1, 1), catchup=False):
    DateTimeSensor(task_id="time_reached", target_time="{{ logical_date }}", poke_interval=1)
    DateTimeSensor(task_id="time_text", target_time="2026-01-01T00:00:00+00:00", poke_interval=1)
    TimeDeltaSensor(task_id="delta", delta=timedelta(0), poke_interval=1)
    TimeDeltaSensor(task_id="delta_deferred", delta=timedelta(0), deferrable=True)
    DayOfWeekSensor(task_id="any_day", week_day=WEEK, poke_interval=1)
    BashSensor(task_id="command", bash_command="exit 0", poke_interval=1)
    BashSensor(task_id="command_fails", bash_command="exit 5", retry_exit_code=4, poke_interval=1)
    PythonSensor(task_id="value", python_callable=lambda: PokeReturnValue(True, xcom_value={"k": 1}), poke_interval=1)
    PythonSensor(task_id="timeout", python_callable=lambda: False, poke_interval=1, timeout=2, retries=2)
    PythonSensor(task_id="soft_timeout", python_callable=lambda: False, poke_interval=1, timeout=2, soft_fail=True)
    PythonSensor(task_id="rescheduled", python_callable=lambda: False, poke_interval=2, timeout=10, mode="reschedule")

with DAG("compare_deferred", schedule=None, start_date=datetime(2026, 1, 1), catchup=False):
    DateTimeSensorAsync(task_id="time_deferred", target_time="{{ logical_date }}")
