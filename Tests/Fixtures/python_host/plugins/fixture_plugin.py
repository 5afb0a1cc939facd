"""A timetable, a weight rule and a partition mapper that only Python can evaluate."""

import datetime

from airflow.partition_mappers.base import PartitionMapper
from airflow.plugins_manager import AirflowPlugin
from airflow.task.priority_strategy import PriorityWeightStrategy
from airflow.timetables.base import DagRunInfo, DataInterval, Timetable
from pendulum import duration


class EverySevenHours(Timetable):
    def infer_manual_data_interval(self, *, run_after):
        return DataInterval(start=run_after - duration(hours=7), end=run_after)

    def next_dagrun_info(self, *, last_automated_data_interval, restriction):
        if last_automated_data_interval is None:
            if restriction.earliest is None:
                return None
            start = restriction.earliest
        else:
            start = last_automated_data_interval.end
        if restriction.latest is not None and start > restriction.latest:
            return None
        return DagRunInfo.interval(start=start, end=start + duration(hours=7))


class TryWeight(PriorityWeightStrategy):
    def get_weight(self, ti):
        return 100 * ti.try_number + ti.map_index


class BeforeColons(PartitionMapper):
    """Splits `a,b::x` into the targets `a` and `b`."""

    def to_downstream(self, key):
        targets, found, _ = key.partition("::")
        if not found:
            raise ValueError(f"no colons in {key}")
        return targets.split(",")

    def to_partition_date(self, downstream_key):
        return datetime.datetime(2026, 1, int(downstream_key), tzinfo=datetime.timezone.utc)


class FixturePlugin(AirflowPlugin):
    name = "pipeline_fixture"
    timetables = [EverySevenHours]
    priority_weight_strategies = [TryWeight]
    partition_mappers = [BeforeColons]
