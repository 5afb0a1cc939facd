"""States and try numbers: retries, skips, failures, trigger rules, mapping, groups, setup and teardown.

No task here waits for both a failed and a skipped one under `all_success`: whichever ends first decides, in Airflow too.
"""

from datetime import datetime, timedelta

from airflow.providers.standard.operators.bash import BashOperator
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import DAG, setup, task, task_group, teardown
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

SECOND = timedelta(seconds=1)
RULES = (
    "all_success", "all_failed", "all_done", "all_done_min_one_success", "one_success", "one_failed", "one_done",
    "none_failed", "none_skipped", "always", "none_failed_min_one_success", "all_skipped",
)

with DAG("compare_rules", schedule=None, start_date=datetime(2026, 1, 1), catchup=False):
    good = BashOperator(task_id="good", bash_command="true")
    bad = BashOperator(task_id="bad", bash_command="exit 1")
    skipped = BashOperator(task_id="skipped", bash_command="exit 99")
    behind_bad = EmptyOperator(task_id="behind_bad")
    bad >> behind_bad
    for rule in RULES:
        for name, upstream in {"good": [good], "bad": [bad], "skipped": [skipped], "behind_bad": [behind_bad]}.items():
            upstream >> EmptyOperator(task_id=f"{rule}_of_{name}", trigger_rule=rule)
        [good, bad] >> EmptyOperator(task_id=f"{rule}_of_good_and_bad", trigger_rule=rule)
        [good, skipped] >> EmptyOperator(task_id=f"{rule}_of_good_and_skipped", trigger_rule=rule)

with DAG("compare_python", schedule=None, start_date=datetime(2026, 1, 1), catchup=False):

    @task
    def value():
        return {"x": 1, "y": [1, None, True], "z": "é"}

    @task(multiple_outputs=True)
    def several():
        return {"a": 1, "b": "two"}

    @task
    def nothing():
        return None

    @task
    def error():
        raise ValueError("boom")

    @task
    def skip():
        raise AirflowSkipException("no need")

    @task(retries=3, retry_delay=SECOND)
    def fail_at_once():
        raise AirflowFailException("final")

    @task(retries=2, retry_delay=SECOND)
    def third_try(ti=None):
        if ti.try_number < 3:
            raise RuntimeError("not yet")
        return ti.try_number

    @task
    def exits():
        raise SystemExit(4)

    @task
    def classes():
        return {"when": datetime(2026, 1, 1), "span": timedelta(seconds=3), "tuple": (1, 2), "set": {3}}

    @task
    def no_json():
        return object()

    @task
    def sums(x: dict, n: int):
        return x["x"] + n

    @task(execution_timeout=SECOND)
    def too_long():
        import time

        time.sleep(60)

    several(), nothing(), error(), skip(), fail_at_once(), exits(), classes(), no_json(), too_long()
    sums(value(), third_try())

with DAG("compare_mapping", schedule=None, start_date=datetime(2026, 1, 1), catchup=False):

    @task
    def numbers():
        return [1, 2, 3]

    @task
    def no_numbers():
        return []

    @task
    def names():
        return {"first": 1, "second": 2}

    @task
    def double(x):
        return x * 2

    @task
    def total(xs):
        return sum(xs)

    @task
    def add(x, y):
        return x + y

    @task
    def odd(x):
        if x == 2:
            raise ValueError(x)
        return x

    @task
    def even(x):
        if x % 2:
            raise AirflowSkipException()
        return x

    @task
    def broken():
        raise ValueError("no numbers")

    @task
    def pair(entry):
        return list(entry)

    doubled = double.override(task_id="doubled").expand(x=numbers())
    total.override(task_id="total_doubled")(doubled)
    double.override(task_id="doubled_again").expand(x=doubled)
    zero = double.override(task_id="zero").expand(x=no_numbers())
    total.override(task_id="total_zero")(zero)
    zero >> EmptyOperator(task_id="after_zero_all_done", trigger_rule="all_done")
    double.override(task_id="zero_literal").expand(x=[]) >> EmptyOperator(task_id="after_zero_literal")
    odds = odd.expand(x=[1, 2, 3])
    total.override(task_id="total_odds")(odds)
    odds >> EmptyOperator(task_id="after_odds_all_done", trigger_rule="all_done")
    total.override(task_id="total_evens", trigger_rule="none_failed")(even.expand(x=[1, 2, 3, 4]))
    double.override(task_id="of_broken").expand(x=broken())
    add.override(task_id="product").expand(x=[1, 2], y=[10, 20])
    add.override(task_id="partial").partial(y=100).expand(x=[1, 2])
    add.override(task_id="keyword_dicts").expand_kwargs([{"x": 1, "y": 2}, {"x": 3, "y": 4}])
    pair.override(task_id="of_dict").expand(entry=names())
    double.override(task_id="of_map").expand(x=numbers.override(task_id="mapped_numbers")().map(lambda n: n + 100))
    one, other = numbers.override(task_id="one")(), numbers.override(task_id="other")()
    pair.override(task_id="zipped").expand(entry=one.zip(other))
    double.override(task_id="concatenated").expand(x=one.concat(other))
    BashOperator.partial(task_id="bash", map_index_template="n={{ task.env['N'] }}").expand(
        bash_command=["echo $N"], env=[{"N": "1"}, {"N": "2"}]
    )

    @task_group
    def each(n):
        return double.override(task_id="in_group_2")(double.override(task_id="in_group_1")(n))

    total.override(task_id="total_groups")(each.expand(n=[1, 2]))

with DAG("compare_setup_teardown", schedule=None, start_date=datetime(2026, 1, 1), catchup=False):

    @setup
    def start():
        return "cluster"

    @teardown
    def stop(name):
        return name

    @task
    def work(fail: bool):
        if fail:
            raise ValueError("work failed")

    for label, fail in {"fine": False, "failing": True}.items():
        started = start.override(task_id=f"start_{label}")()
        stopped = stop.override(task_id=f"stop_{label}")(started)
        started >> work.override(task_id=f"work_{label}")(fail) >> stopped
        stopped >> EmptyOperator(task_id=f"after_{label}")

with DAG("compare_target", schedule=None, start_date=datetime(2026, 1, 1), catchup=False):
    BashOperator(task_id="conf", bash_command="echo '{{ dag_run.conf | tojson }}' {{ logical_date or 'no date' }}")

with DAG("compare_trigger", schedule=None, start_date=datetime(2026, 1, 1), catchup=False):
    TriggerDagRunOperator(
        task_id="waits", trigger_dag_id="compare_target", trigger_run_id="fixed", conf={"a": "{{ ds }}"},
        wait_for_completion=True, poke_interval=1,
    )
    TriggerDagRunOperator(task_id="missing", trigger_dag_id="compare_nowhere", trigger_run_id="fixed")
    TriggerDagRunOperator(task_id="again", trigger_dag_id="compare_target", trigger_run_id="twice") >> TriggerDagRunOperator(
        task_id="skips_existing", trigger_dag_id="compare_target", trigger_run_id="twice", skip_when_already_exists=True
    )
