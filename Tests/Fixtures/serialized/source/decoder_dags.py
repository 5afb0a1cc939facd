"""DAGs that show every encoding a decoder of serialized DAGs meets; read by scripts/make-serialized-fixtures.py."""

import datetime

import pendulum
from dateutil.relativedelta import FR, relativedelta

from airflow.providers.standard.operators.bash import BashOperator
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.providers.standard.operators.python import PythonOperator
from airflow.providers.standard.sensors.bash import BashSensor
from airflow.sdk import DAG, Asset, AssetAlias, AssetAll, AssetAny, Param, TaskGroup, task, task_group
from airflow.sdk.definitions.asset import Dataset
from airflow.sdk.definitions.deadline import AsyncCallback, DeadlineAlert, DeadlineReference
from airflow.sdk.definitions.timetables.interval import CronDataIntervalTimetable, DeltaDataIntervalTimetable
from airflow.sdk.definitions.timetables.trigger import (
    CronPartitionTimetable,
    CronTriggerTimetable,
    DeltaTriggerTimetable,
    MultipleCronTriggerTimetable,
)

START = pendulum.datetime(2026, 1, 1, tz="Europe/Paris")


def note(context):
    return None


async def warn(**kwargs):
    return None


with DAG(
    "decoder_expand", schedule=None, start_date=START, params={"n": 1, "m": Param(type="integer", minimum=3)}
) as expand_dag:
    first = BashOperator(task_id="first", bash_command="echo '[1]'")
    second = PythonOperator(task_id="second", python_callable=note, op_kwargs={"s": {3, 1}, "t": (1, 2)})

    @task
    def one(x):
        return x

    @task(retries=4, retry_delay=datetime.timedelta(seconds=7), max_active_tis_per_dagrun=3, pool="p")
    def two(x, y):
        return x

    one.override(task_id="mapped")(x=1)
    mapped = one.override(task_id="mapped_map").expand(x=first.output.map(lambda v: v))
    one.override(task_id="mapped_zip").expand(x=first.output.zip(second.output))
    one.override(task_id="mapped_zip_none").expand(x=first.output.zip(second.output, fillvalue=None))
    one.override(task_id="mapped_concat").expand(x=first.output.concat(mapped))
    two.partial(y=2).expand(x=[1, 2.5, "a", None, {"k": [1]}])
    two.override(task_id="two_lists").expand(x=[1, 2], y={"a": 1, "b": 2})
    BashOperator.partial(
        task_id="kwargs_xcom", retries=2, retry_exponential_backoff=True, max_retry_delay=60, trigger_rule="all_done",
        execution_timeout=datetime.timedelta(minutes=1), wait_for_downstream=True, priority_weight=9,
        weight_rule="upstream", queue="gpu", executor_config={"a": (1, 2)}, outlets=[Asset("out")],
        on_success_callback=note, start_date=START.add(days=3), env={"K": "{{ ds }}"},
    ).expand_kwargs(second.output)
    EmptyOperator.partial(task_id="mapped_empty").expand_kwargs([{"doc": "a"}, {"doc": "b"}])
    BashSensor.partial(task_id="mapped_sensor", mode="reschedule", poke_interval=1.5).expand(bash_command=["a", "b"])
    BashSensor(task_id="sensor", mode="reschedule", bash_command="true", timeout=30)
    BashSensor(task_id="sensor_poke", bash_command="true")

with DAG(
    "decoder_groups", schedule=CronTriggerTimetable("@daily", timezone="Asia/Tokyo",
                                                    run_immediately=datetime.timedelta(hours=2)),
    start_date=pendulum.datetime(2026, 1, 1, tz=pendulum.FixedTimezone(5 * 3600 + 1800)),
    end_date=pendulum.datetime(2027, 1, 1), catchup=True, max_active_runs=2, max_active_tasks=5,
    max_consecutive_failed_dag_runs=4, dagrun_timeout=datetime.timedelta(minutes=90), fail_fast=True,
    is_paused_upon_creation=True, tags=["b", "a"], description="Groups", doc_md="# Groups",
    dag_display_name="Groups of tasks", allowed_run_types=["manual", "scheduled"],
    default_args={"retries": 1, "retry_delay": datetime.timedelta(seconds=30), "owner": "ops"},
    on_failure_callback=note, render_template_as_native_obj=True,
) as groups_dag:
    start = EmptyOperator(task_id="start", on_success_callback=note)
    with TaskGroup("outer", tooltip="the outer one") as outer:
        inner_task = EmptyOperator(task_id="a", outlets=[Asset("made", uri="s3://b/made", extra={"k": [1, {"z": 2}]})])
        with TaskGroup("inner", prefix_group_id=False) as inner:
            BashOperator(task_id="loose", bash_command="true", start_date=START.add(days=1))
            with TaskGroup("deep") as deep:
                EmptyOperator(task_id="leaf", inlets=[AssetAlias("al")])
    start >> outer

    @task_group
    def work(x):
        @task(retries=0)
        def step(v):
            return v

        @task_group(group_id="nested")
        def nested(y):
            return step(y)

        return nested(x)

    work.expand(x=[10, 20, 30])
    make = BashOperator(task_id="make", bash_command="true").as_setup()
    use = BashOperator(task_id="use", bash_command="true", depends_on_past=True, ignore_first_depends_on_past=True,
                       wait_for_past_depends_before_skipping=True, max_active_tis_per_dag=1, pool_slots=3,
                       retry_exponential_backoff=1.5, weight_rule="absolute", owner="someone")
    drop = BashOperator(task_id="drop", bash_command="true").as_teardown(setups=make, on_failure_fail_dagrun=True)
    make >> use >> drop

with DAG("decoder_params", schedule=None, params={
    "none": None, "list": [1, 2], "object": {"a": {"b": [True]}}, "float": 1.0,
    "required": Param(type=["string", "integer"], description="must be given"),
    "enum": Param("a", enum=["a", "b", None], type=["string", "null"], values_display={"a": "A"}),
    "nested": Param([{"x": 1}], type="array", items={"type": "object", "required": ["x"]}, title="N"),
}) as params_dag:
    BashOperator(task_id="own", bash_command="true", params={"mine": 3, "none": 4})

with DAG("decoder_assets", schedule=AssetAny(Asset("a1"), AssetAll(Dataset("s3://b/x"), AssetAlias("al"),
                                                                  Asset.ref(name="r"), Asset.ref(uri="s3://u")))):
    EmptyOperator(task_id="t")

with DAG("decoder_deadline", schedule="@once", start_date=START, deadline=[
    DeadlineAlert(reference=DeadlineReference.DAGRUN_QUEUED_AT, interval=datetime.timedelta(minutes=5),
                  callback=AsyncCallback(warn)),
]):
    EmptyOperator(task_id="t")

SCHEDULES = {
    "relative": DeltaDataIntervalTimetable(relativedelta(months=1, days=2, hours=3)),
    "relative_weekday": DeltaTriggerTimetable(relativedelta(weekday=FR(2))),
    "delta_trigger": DeltaTriggerTimetable(datetime.timedelta(minutes=7), interval=datetime.timedelta(minutes=1)),
    "delta": datetime.timedelta(days=1, seconds=0.5),
    "cron_interval": CronDataIntervalTimetable("*/5 * * * *", timezone="America/New_York"),
    "cron_offset": CronTriggerTimetable("5 4 * * *", timezone=pendulum.FixedTimezone(-3600 * 3),
                                        interval=datetime.timedelta(hours=1), run_immediately=True),
    "cron_relative": CronTriggerTimetable("5 4 * * *", timezone="UTC", interval=relativedelta(months=1)),
    "multiple": MultipleCronTriggerTimetable("0 1 * * *", "0 2 * * *", timezone="UTC"),
    "partition": CronPartitionTimetable("0 0 * * *", timezone="UTC"),
    "continuous": "@continuous",
    "hourly": "@hourly",
}
for name, schedule in SCHEDULES.items():
    extra = {"max_active_runs": 1} if name == "continuous" else {}
    with DAG(f"decoder_schedule_{name}", schedule=schedule, start_date=START, **extra) as schedule_dag:
        EmptyOperator(task_id="t")
    globals()[schedule_dag.dag_id] = schedule_dag
