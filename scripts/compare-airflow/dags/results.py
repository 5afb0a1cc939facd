"""Results of tasks as arguments of operators: taken as they are, expanded over, put together."""

from datetime import datetime

from airflow.providers.standard.operators.bash import BashOperator
from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import DAG, task

with DAG("compare_results", schedule=None, start_date=datetime(2026, 1, 1), catchup=False):
    @task
    def command():
        return "echo '{{ ds }}' of a.sh"

    @task
    def commands():
        return ["echo '{{ ds }}'", "echo b.sh", "exit 99"]

    @task(multiple_outputs=True)
    def words():
        return {"first": "{{ ds }}", "number": 5, "rows": [{"id": 1}, {"id": 2}]}

    @task
    def nothing():
        return None

    given = words()
    BashOperator(task_id="plain", bash_command=command())
    BashOperator(task_id="in_environment", bash_command='echo "$X $Y"', env={"X": given["first"], "Y": "{{ ds }}"})
    BashOperator(task_id="number_in_environment", bash_command='echo "$X"', env={"X": given["number"]})
    BashOperator(task_id="of_nothing", bash_command=nothing())
    BashOperator(task_id="of_native", bash_command=BashOperator(task_id="native", bash_command="echo echo {{ ds }}").output)
    BashOperator.partial(task_id="mapped").expand(bash_command=commands())
    BashOperator.partial(task_id="partial", env={"X": given["first"]}).expand(bash_command=['echo "$X"', "echo {{ ds }}"])
    BashOperator.partial(task_id="by_function").expand_kwargs(commands().map(lambda text: {"bash_command": f"{text}; true"}))
    TriggerDagRunOperator(
        task_id="trigger", trigger_dag_id="compare_native_target", trigger_run_id="results_{{ ts_nodash }}",
        conf={"rows": given["rows"], "all": given, "day": "{{ ds }}"})
