"""render_template_as_native_obj, of a DAG and of single operators: values keep their types."""

from datetime import datetime

from airflow.providers.standard.operators.bash import BashOperator
from airflow.providers.standard.operators.python import PythonOperator
from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import DAG, task

TEMPLATES = {
    "number": "{{ 1 + 1 }}",
    "text": "{{ 'word' }}",
    "list": "{{ [1, 'two', none] }}",
    "dictionary": "{{ {'a': [1, 2.5]} }}",
    "parameter": "{{ params.nested }}",
    "two_parts": "{{ 1 }}{{ 2 }}",
    "number_and_text": "{{ 1 }} apple",
    "looks_like_a_list": "[{{ 1 }}, {{ 2 }}]",
    "boolean": "{{ true }}",
    "nothing": "{{ none }}",
    "date": "{{ ds }}",
    "quoted": "'{{ ds }}'",
    "leading_zero": "{{ '007' }}",
    "pulled": "{{ ti.xcom_pull(task_ids='push') }}",
    "run_conf": "{{ dag_run.conf }}",
    "plain": "no template",
    "plain_number": "42",
    "tuple": "{{ (1, 2) }}",
}


def give(**arguments):
    """The SDK hands the whole context to a function that takes anything; only what was asked for is of interest."""
    return {name: [type(arguments[name]).__name__, repr(arguments[name])] for name in sorted(TEMPLATES)}


with DAG(
    "compare_native_objects", schedule=None, start_date=datetime(2026, 1, 1), catchup=False,
    render_template_as_native_obj=True, params={"nested": {"k": [1, {"deep": True}]}},
):
    @task
    def push():
        return {"rows": [1, 2, 3]}

    pushed = push()
    pushed >> PythonOperator(task_id="give", python_callable=give, op_kwargs=TEMPLATES)
    pushed >> PythonOperator(
        task_id="as_text", python_callable=give, op_kwargs=TEMPLATES, render_template_as_native_obj=False)
    BashOperator(task_id="command", bash_command="echo {{ ds }} {{ params.nested.k[0] }}")
    BashOperator(task_id="number_in_environment", bash_command='echo "$A"', env={"A": "{{ 41 + 1 }}", "PATH": "/bin"})
    BashOperator(task_id="number_as_text", bash_command='echo "$A"', env={"A": "{{ 41 + 1 }}", "PATH": "/bin"},
                 render_template_as_native_obj=False)
    BashOperator(task_id="command_is_a_number", bash_command="{{ 42 }}")
    TriggerDagRunOperator(
        task_id="trigger", trigger_dag_id="compare_native_target", trigger_run_id="native_objects_{{ ts_nodash }}",
        conf={"list": "{{ [1, 2] }}", "day": "{{ ds }}"})

with DAG(
    "compare_native_operators", schedule=None, start_date=datetime(2026, 1, 1), catchup=False,
    params={"nested": {"k": [1, {"deep": True}]}},
):
    @task
    def push():
        return [1, 2]

    pushed = push()
    pushed >> PythonOperator(
        task_id="give", python_callable=give, op_kwargs=TEMPLATES, render_template_as_native_obj=True)
    pushed >> PythonOperator(task_id="as_text", python_callable=give, op_kwargs=TEMPLATES)
    BashOperator(task_id="number_in_environment", bash_command='echo "$A"', env={"A": "{{ 41 + 1 }}", "PATH": "/bin"},
                 render_template_as_native_obj=True)
    BashOperator(task_id="number_as_text", bash_command='echo "$A"', env={"A": "{{ 41 + 1 }}", "PATH": "/bin"})
    BashOperator.partial(
        task_id="mapped", env={"A": "{{ 41 + 1 }}", "PATH": "/bin"}, render_template_as_native_obj=True,
    ).expand(bash_command=['echo "$A"', "echo {{ 1 }}"])

with DAG("compare_native_target", schedule=None, start_date=datetime(2026, 1, 1), catchup=False):
    PythonOperator(task_id="conf", python_callable=lambda **context: context["dag_run"].conf)
