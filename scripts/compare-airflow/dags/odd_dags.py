"""What strangers write: odd names, empty DAGs, nested mapping, failing teardowns, tasks that use up their limits."""

from datetime import datetime, timedelta

from airflow.providers.standard.operators.bash import BashOperator
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, TaskGroup, chain, get_current_context, setup, task, task_group, teardown

START = {"schedule": None, "start_date": datetime(2026, 1, 1), "catchup": False}

with DAG("compare_odd.names-Ω_日本", **START):
    first = BashOperator(task_id="with.dots-and_dashes", bash_command="echo {{ task.task_id }}")
    second = BashOperator(task_id="été", bash_command="echo {{ ti.xcom_pull(task_ids='with.dots-and_dashes') }} ☃")
    with TaskGroup("group_x"):
        inner = BashOperator(task_id="日本", bash_command="echo {{ task.task_id }}")

        @task
        def python(text):
            return {"text": text, "ключ": ["é", 1.0, None, 10**12]}

        given = python(second.output)
    chain(first, second, inner)

with DAG("compare_no_tasks", **START):
    pass

with DAG("compare_mapped_twice", **START):
    @task
    def numbers():
        return [1, 2, 3]

    @task
    def rows(number):
        return [number] * number

    @task
    def total(values):
        return sum(values)

    @task(map_index_template="{{ value }}")
    def tell(value):
        get_current_context()["value"] = f"v{value}"
        return value

    @task_group
    def of_one(number):
        found = rows(number)

        @task
        def inside(values, number):
            return {"n": number, "rows": len(values)}

        return inside(found, number)

    lists = rows.expand(number=numbers())
    total.expand(values=lists)
    tell.expand(value=total.override(task_id="sums").expand(values=lists))
    grouped = of_one.expand(number=numbers())

    @task
    def collect(results):
        return sorted(result["rows"] for result in results)

    collect(grouped)

    @task
    def fails_on_two(value):
        if value == 2:
            raise ValueError("two")
        return value

    @task(trigger_rule="all_done")
    def survivors(values):
        return sorted(values)

    survivors(fails_on_two.expand(value=numbers()))

with DAG("compare_failing_teardowns", **START):
    @setup
    def make():
        return "made"

    @teardown
    def fail_to_remove(made):
        raise RuntimeError("not removed")

    @task
    def work():
        return "worked"

    made = make()
    made >> work() >> fail_to_remove(made)

with DAG("compare_strict_teardowns", **START):
    @setup
    def make():
        return "made"

    @teardown(on_failure_fail_dagrun=True)
    def fail_to_remove(made):
        raise RuntimeError("not removed")

    @task
    def work():
        raise ValueError("broken")

    made = make()
    removed = fail_to_remove(made)
    made >> work() >> removed
    removed >> EmptyOperator(task_id="after", trigger_rule="all_done")

with DAG("compare_limits", max_active_tasks=2, **START):
    for index in range(5):
        BashOperator(
            task_id=f"one_at_a_time_{index}", bash_command="sleep 0.1; echo {{ task.task_id }}", priority_weight=index,
            max_active_tis_per_dagrun=1)
    BashOperator.partial(task_id="mapped_one_by_one", max_active_tis_per_dagrun=1).expand(
        bash_command=[f"echo {index}" for index in range(4)])

with DAG("compare_last_words", **START):
    BashOperator(task_id="ignores_term", bash_command="trap '' TERM; sleep 60", execution_timeout=timedelta(seconds=1))

    @task(execution_timeout=timedelta(seconds=1))
    def sleeps():
        import time

        time.sleep(60)

    @task
    def exits():
        import sys

        sys.exit(3)

    @task
    def exits_well():
        import sys

        sys.exit(0)

    @task
    def returns_no_json():
        return {1, 2, 3}

    @task
    def returns_an_object():
        return object()

    @task
    def pushes_none():
        get_current_context()["ti"].xcom_push(key="nothing", value=None)

    for one in (sleeps, exits, exits_well, returns_no_json, returns_an_object, pushes_none):
        one()
