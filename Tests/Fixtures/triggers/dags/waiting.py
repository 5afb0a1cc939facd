"""Tasks that wait for triggers: of time, of the standard provider, of the team."""

from datetime import datetime, timedelta, timezone

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.providers.standard.sensors.date_time import DateTimeSensorAsync
from airflow.providers.standard.sensors.filesystem import FileSensor
from airflow.providers.standard.sensors.time_delta import TimeDeltaSensorAsync, WaitSensor
from airflow.sdk import DAG, BaseOperator, task

from own_triggers import Echo, Raising


class Twice(BaseOperator):
    """Defers, and defers again."""

    def execute(self, context):
        self.defer(trigger=Echo(number=1), method_name="second")

    def second(self, context, event):
        self.defer(trigger=Echo(number=event + 1), method_name="third", timeout=timedelta(minutes=5))

    def third(self, context, event):
        return event + 1


class Broken(BaseOperator):
    def execute(self, context):
        self.defer(trigger=Raising(), method_name="never")


past = datetime(2024, 1, 1, tzinfo=timezone.utc)
with DAG("waiting", schedule=None, start_date=past):
    @task.sensor(mode="reschedule", poke_interval=0.1, timeout=60)
    def poked():
        return True

    waits = [
        DateTimeSensorAsync(task_id="date", target_time="{{ ts }}"),
        DateTimeSensorAsync(task_id="ends", target_time="{{ ts }}", end_from_trigger=True),
        DateTimeSensorAsync(task_id="begins", target_time=past.isoformat(), start_from_trigger=True, end_from_trigger=True),
        DateTimeSensorAsync(task_id="renders", target_time="{{ ts }}", start_from_trigger=True),
        TimeDeltaSensorAsync(task_id="delta", delta=timedelta(seconds=1)),
        WaitSensor(task_id="wait", time_to_wait=timedelta(milliseconds=200), deferrable=True),
        FileSensor(task_id="file", filepath=__file__, deferrable=True, poke_interval=0.1),
        DateTimeSensorAsync.partial(task_id="mapped", start_from_trigger=True).expand(target_time=["{{ ts }}", "{{ ts }}"]),
        Twice(task_id="twice"),
        poked(),
    ]
    waits >> EmptyOperator(task_id="last")

with DAG("broken", schedule=None, start_date=past):
    Broken(task_id="broken")
