"""Records what Airflow's own scheduler code answers, for the tests of PipelineCore's scheduling.

    python scripts/make-scheduling-golden.py Tests/Fixtures/scheduling

writes trigger-rules.txt (every trigger rule with every multiset of up to four parent states, judged by
airflow.ti_deps.deps.trigger_rule_dep.TriggerRuleDep) and retry-delays.txt (TaskInstance.next_retry_datetime).
Needs apache-airflow 3.3.2; no database is touched.
"""
import datetime as dt
import itertools
import pathlib
import sys
from types import SimpleNamespace
from unittest import mock

from airflow.models.taskinstance import TaskInstance
from airflow.task.trigger_rule import TriggerRule
from airflow.ti_deps.deps.trigger_rule_dep import TriggerRuleDep

LETTERS = {"s": "success", "f": "failed", "k": "skipped", "u": "upstream_failed", "r": "removed", "-": None}


def judge(rule, parents):
    """The state a task is put into (or none), and whether its rule holds."""
    tasks = [
        SimpleNamespace(task_id=f"p{i}", is_setup=letter.isupper(), get_needs_expansion=lambda: False)
        for i, letter in enumerate(parents)
    ]
    finished = [
        SimpleNamespace(task_id=task.task_id, state=LETTERS[letter.lower()], task=task, map_index=-1)
        for task, letter in zip(tasks, parents)
        if LETTERS[letter.lower()] is not None
    ]
    task = SimpleNamespace(
        upstream_list=tasks, upstream_task_ids={t.task_id for t in tasks}, trigger_rule=rule, is_teardown=False,
        is_setup=False, get_upstreams_only_setups=lambda: [], get_closest_mapped_task_group=lambda: None, dag=None,
        task_group=None,
    )
    new_states = []
    ti = SimpleNamespace(
        task=task, map_index=-1, run_id="r", dag_id="d", get_dagrun=lambda session: None,
        set_state=lambda state, session: new_states.append(state) or True,
    )
    context = mock.Mock(flag_upstream_failed=True, wait_for_past_depends_before_skipping=False)
    context.ensure_finished_tis = lambda run, session: finished
    statuses = list(TriggerRuleDep()._get_dep_statuses(ti, context, session=None))
    holds = all(status.passed for status in statuses)
    return (new_states[0].value if new_states else "none"), holds


def trigger_rules():
    for rule in TriggerRule:
        alphabet = "sfkur-"
        if rule == TriggerRule.ALL_DONE_SETUP_SUCCESS:
            alphabet += "SFKUR"
        for count in range(0, 5 if len(alphabet) == 6 else 4):
            for parents in itertools.combinations_with_replacement(alphabet, count):
                state, holds = judge(rule, parents)
                yield f"{rule.value} {''.join(parents) or '.'} {state} {'holds' if holds else 'waits'}"


def retry_delays():
    dates = [dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.timezone.utc),
             dt.datetime(2024, 2, 29, 23, 59, 59, 123456, tzinfo=dt.timezone.utc), None]
    end = dt.datetime(2026, 5, 1, tzinfo=dt.timezone.utc)
    rules = itertools.product([0, 0.5, 7, 300], [0, 1, 1.5, 2, 10], [None, 60], [1, 2, 3, 8, 60])
    for (delay, growth, longest, number), date in itertools.product(rules, dates):
        task = SimpleNamespace(
            retry_delay=dt.timedelta(seconds=delay), retry_exponential_backoff=growth,
            max_retry_delay=dt.timedelta(seconds=longest) if longest else None)
        ti = SimpleNamespace(
            retry_delay_override=None, task=task, try_number=number, dag_id="a_dag", task_id="a.task",
            logical_date=date, end_date=end, log=mock.Mock())
        seconds = (TaskInstance.next_retry_datetime(ti) - end).total_seconds()
        yield f"{delay} {growth} {longest or '-'} {number} {date.isoformat() if date else '-'} {seconds}"


if __name__ == "__main__":
    folder = pathlib.Path(sys.argv[1])
    (folder / "trigger-rules.txt").write_text("\n".join(trigger_rules()) + "\n")
    (folder / "retry-delays.txt").write_text("\n".join(retry_delays()) + "\n")
