"""One task for each way an operator may or may not be run without Python."""

from datetime import datetime, time, timedelta

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
from airflow.sdk import DAG, task


class MyBash(BashOperator):
    pass


with DAG("operators", schedule="@daily", start_date=datetime(2024, 1, 1)):
    EmptyOperator(task_id="empty")
    BashOperator(task_id="bash", bash_command="echo " + "x" * 5000, append_env=True, skip_on_exit_code=[3, 4])
    LatestOnlyOperator(task_id="latest_only")
    TriggerDagRunOperator(task_id="trigger", trigger_dag_id="other", conf={"a": [1]})
    BranchDateTimeOperator(
        task_id="branch_time", follow_task_ids_if_true="empty", follow_task_ids_if_false=["bash"],
        target_lower=time(1), target_upper=datetime(2024, 1, 1))
    BranchDayOfWeekOperator(
        task_id="branch_day", follow_task_ids_if_true="empty", follow_task_ids_if_false=["bash"],
        week_day={"Monday", "Sunday"})
    DateTimeSensor(task_id="date_time", target_time="{{ data_interval_end }}")
    TimeDeltaSensor(task_id="time_delta", delta=timedelta(hours=1))
    TimeSensor(task_id="time", target_time=time(3, 4))
    DayOfWeekSensor(task_id="day_of_week", week_day="Monday")
    ExternalTaskSensor(task_id="external", external_dag_id="other", external_task_id="t", mode="reschedule")
    BashSensor(task_id="bash_sensor", bash_command="true", retry_exit_code=3)
    BashOperator.partial(task_id="mapped", append_env=True, retries=2).expand(bash_command=["a", "b"])

    BashOperator(task_id="callback", bash_command="x", on_failure_callback=lambda context: None)
    BashOperator(task_id="processor", bash_command="x", output_processor=lambda text: text)
    BashOperator(task_id="hook", bash_command="x", pre_execute=lambda context: None)
    BashOperator(task_id="other_executor", bash_command="x", executor="KubernetesExecutor")
    BashOperator(task_id="other_user", bash_command="x", run_as_user="nobody")
    BashOperator(task_id="script", bash_command="missing.sh")
    MyBash(task_id="subclass", bash_command="x")
    ExternalTaskSensor(
        task_id="date_function", external_dag_id="other", external_task_id="t", execution_date_fn=lambda date: date)

    @task
    def python():
        return 1

    python()

with DAG("macros", schedule=None, user_defined_macros={"ds": "mine"}):
    BashOperator(task_id="templated", bash_command="echo {{ ds }}")
    BashOperator(task_id="plain", bash_command="true")
