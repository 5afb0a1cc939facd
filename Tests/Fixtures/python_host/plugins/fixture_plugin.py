"""A timetable and a weight rule that only Python can evaluate."""

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


class FixturePlugin(AirflowPlugin):
    name = "pipeline_fixture"
    timetables = [EverySevenHours]
    priority_weight_strategies = [TryWeight]
