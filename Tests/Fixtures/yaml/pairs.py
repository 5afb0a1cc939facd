"""The same DAGs as in pairs.dag.yaml, in the words of Airflow's SDK."""

import datetime

import pendulum
from kubernetes.client import models as k8s

from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
from airflow.providers.standard.operators.bash import BashOperator
from airflow.providers.standard.operators.datetime import BranchDateTimeOperator
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.providers.standard.operators.latest_only import LatestOnlyOperator
from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.providers.standard.operators.weekday import BranchDayOfWeekOperator
from airflow.providers.standard.sensors.bash import BashSensor
from airflow.providers.standard.sensors.date_time import DateTimeSensor
from airflow.providers.standard.sensors.external_task import ExternalTaskSensor
from airflow.providers.standard.sensors.time import TimeSensor
from airflow.providers.standard.sensors.time_delta import TimeDeltaSensor
from airflow.providers.standard.sensors.weekday import DayOfWeekSensor
from airflow.sdk import DAG, Asset, AssetAlias, AssetAll, AssetAny, Param, TaskGroup
from airflow.sdk.definitions.timetables.assets import AssetOrTimeSchedule
from airflow.sdk.definitions.timetables.trigger import CronTriggerTimetable

seconds = lambda count: datetime.timedelta(seconds=count)  # noqa: E731
shared = {
    "default_args": {"owner": "data-team", "retries": 2, "retry_delay": seconds(90)},
    "tags": ["b", "a"],
}
START = pendulum.datetime(2026, 1, 1)

with DAG(
    "pair_operators", schedule="@daily", start_date=pendulum.datetime(2026, 1, 1, tz="Europe/Paris"),
    description="Every operator", catchup=True, max_active_runs=3, max_active_tasks=7,
    dagrun_timeout=datetime.timedelta(hours=2),
    params={"n": Param(5, type="integer", minimum=1, description="how many"), "free": "text", "object": {"a": 1}},
    **shared,
):
    empty = EmptyOperator(task_id="empty")
    bash = BashOperator(
        task_id="bash", bash_command="echo {{ params.n }} ", env={"A": "{{ ds }}", "B": "1"}, append_env=True,
        cwd="/tmp", skip_on_exit_code=[3, 4], retries=5, retry_delay=datetime.timedelta(minutes=5),
        execution_timeout=seconds(60), retry_exponential_backoff=True, max_retry_delay=datetime.timedelta(hours=1),
        pool="p", pool_slots=2, priority_weight=4, weight_rule="upstream", queue="gpu", trigger_rule="all_done",
        depends_on_past=True, do_xcom_push=False,
        outlets=[Asset("s3://bucket/out"), Asset("n", uri="s3://bucket/n", extra={"k": [1]})], doc_md="# doc",
        params={"mine": 3}, max_active_tis_per_dag=2,
    )
    trigger = TriggerDagRunOperator(
        task_id="trigger", trigger_dag_id="other", conf={"a": [1, {"b": 2}]}, wait_for_completion=True, poke_interval=5,
        allowed_states=["success", "failed"], failed_states=[],
    )
    latest = LatestOnlyOperator(task_id="latest")
    branch_time = BranchDateTimeOperator(
        task_id="branch_time", follow_task_ids_if_true=["empty_a"], follow_task_ids_if_false="empty_b",
        target_lower=datetime.time(10), target_upper=datetime.datetime(2026, 1, 1, 12, 30),
    )
    empty_a = EmptyOperator(task_id="empty_a", inlets=[AssetAlias("al")])
    empty_b = EmptyOperator(task_id="empty_b", task_display_name="B")
    BranchDayOfWeekOperator(
        task_id="branch_day", follow_task_ids_if_true="empty_a", follow_task_ids_if_false="empty_b",
        week_day=["Monday", "Friday"], use_task_logical_date=True,
    )
    DateTimeSensor(task_id="at", target_time="{{ data_interval_end }}", mode="reschedule", poke_interval=30, timeout=600)
    TimeDeltaSensor(task_id="delta", delta=datetime.timedelta(days=1, seconds=3), soft_fail=True)
    TimeSensor(task_id="time", target_time=datetime.time(8, 15, 30))
    DayOfWeekSensor(task_id="day", week_day="Tuesday")
    ExternalTaskSensor(
        task_id="external", external_dag_id="up", external_task_id="end", execution_delta=datetime.timedelta(hours=1),
        allowed_states=["success"], failed_states=["failed"], check_existence=True,
    )
    BashSensor(task_id="check", bash_command="true", retry_exit_code=[1], max_wait=datetime.timedelta(minutes=10))
    empty >> bash >> [trigger, latest]
    latest >> branch_time >> [empty_a, empty_b]

with DAG(
    "pair_groups", schedule=CronTriggerTimetable("5 4 * * 1-5", timezone="Asia/Tokyo"),
    start_date=pendulum.datetime(2026, 2, 3, 4, 5, 6), end_date=pendulum.datetime(2026, 12, 31, 22),
    max_consecutive_failed_dag_runs=3, is_paused_upon_creation=False, render_template_as_native_obj=True,
    dag_display_name="Groups", doc_md="text", **shared,
):
    start = EmptyOperator(task_id="start")
    with TaskGroup("outer", tooltip="the outer") as outer:
        first_out = EmptyOperator(task_id="first_out")
        with TaskGroup("inner", default_args={"retries": 7, "queue": "q"}) as inner:
            a = BashOperator(task_id="a", bash_command="true")
            b = BashOperator(task_id="b", bash_command="true", retries=0)
    with TaskGroup("loose", prefix_group_id=False) as loose:
        c = BashOperator(task_id="c", bash_command="true")
    make = BashOperator(task_id="make", bash_command="true").as_setup()
    use = BashOperator(task_id="use", bash_command="true")
    drop = BashOperator(task_id="drop", bash_command="true").as_teardown(setups=make, on_failure_fail_dagrun=True)
    start >> first_out
    a >> b
    [make, c] >> use >> drop
    first_out >> inner
    outer >> loose

with DAG("pair_mapped", schedule=datetime.timedelta(hours=6), start_date=START, **shared):
    source = BashOperator(task_id="source", bash_command="echo '[1]'")
    BashOperator.partial(
        task_id="literal", env={"A": "1"}, retries=4, execution_timeout=seconds(30),
        map_index_template="{{ task.bash_command }}",
    ).expand(bash_command=["echo 1", "echo 2"])
    BashOperator.partial(task_id="product", append_env=True, pool="p").expand(
        bash_command=["a ", "b "], cwd=["/x", "/y"])
    BashOperator.partial(task_id="from_source").expand(bash_command=source.output)
    BashOperator.partial(task_id="kwargs").expand_kwargs(
        [{"bash_command": "x "}, {"bash_command": "y ", "env": {"Q": "1"}}])
    KubernetesPodOperator.partial(task_id="pods", image="python:3.11").expand(arguments=[["a"], ["b"]])

with DAG("pair_pods", schedule=None, start_date=START, **shared):
    KubernetesPodOperator(task_id="plain", image="img:1")
    KubernetesPodOperator(
        task_id="full", image="registry.example/train:1", name="train_Model-1", namespace="ml",
        cmds=["pipeline", "stage"], arguments=["run", "{{ ds }}"], env_vars={"EPOCHS": "3", "FLAG": "yes"},
        labels={"team": "ml"}, annotations={"note": "x"}, node_selector={"disk": "ssd"},
        container_resources=k8s.V1ResourceRequirements(
            requests={"cpu": "2", "memory": "4Gi"}, limits={"memory": "4Gi", "nvidia.com/gpu": "1"}),
        tolerations=[k8s.V1Toleration(key="gpu", operator="Exists", effect="NoSchedule")],
        volumes=[k8s.V1Volume(
            name="data", persistent_volume_claim=k8s.V1PersistentVolumeClaimVolumeSource(claim_name="data"))],
        volume_mounts=[k8s.V1VolumeMount(name="data", mount_path="/data")], service_account_name="runner",
        image_pull_policy="IfNotPresent", image_pull_secrets=[k8s.V1LocalObjectReference(name="regcred")],
        configmaps=["settings"], do_xcom_push=True, hostnetwork=True, priority_class_name="high",
        termination_grace_period=5, active_deadline_seconds=100, on_finish_action="keep_pod",
        base_container_name="main", startup_timeout_seconds=300,
    )

with DAG(
    "pair_assets", start_date=START,
    schedule=AssetOrTimeSchedule(
        timetable=CronTriggerTimetable("@hourly", timezone="UTC"),
        assets=AssetAny(Asset("s3://b/x"), AssetAll(Asset("a", uri="s3://b/a"), AssetAlias("al")))),
    **shared,
):
    EmptyOperator(task_id="t")

with DAG("pair_asset_list", start_date=START, schedule=[Asset("s3://b/x"), Asset("named")], **shared):
    EmptyOperator(task_id="t")
