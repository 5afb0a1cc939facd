"""Template files beside the DAG file and on its search path."""

import pathlib
from datetime import datetime

from airflow.providers.standard.operators.bash import BashOperator
from airflow.providers.standard.operators.python import PythonOperator
from airflow.sdk import DAG, BaseOperator

SEARCHED = str(pathlib.Path(__file__).parent / "searched")


class Query(BaseOperator):
    """Returns its SQL as it is rendered, like the operators of databases."""

    template_fields = ("sql", "parameters")
    template_ext = (".sql",)

    def __init__(self, *, sql, parameters=None, **arguments):
        super().__init__(**arguments)
        self.sql = sql
        self.parameters = parameters

    def execute(self, context):
        return {"sql": self.sql, "parameters": self.parameters}


with DAG(
    "compare_template_files", schedule=None, start_date=datetime(2026, 1, 1), catchup=False,
    template_searchpath=[SEARCHED], params={"table": "rows"},
):
    BashOperator(task_id="script", bash_command="scripts/say.sh")
    BashOperator(task_id="bash_script", bash_command="scripts/other.bash")
    BashOperator(task_id="searched_script", bash_command="from_the_path.sh")
    BashOperator(task_id="includes", bash_command="scripts/includes.sh")
    BashOperator(task_id="inline_include", bash_command="{% include 'scripts/say.sh' %}")
    BashOperator(task_id="named_by_template", bash_command="scripts/{{ params.table }}.sh")
    BashOperator(task_id="missing_script", bash_command="scripts/nowhere.sh")
    BashOperator(task_id="not_a_template", bash_command="echo scripts/say.sh ")
    BashOperator(task_id="file_in_environment", bash_command='echo "$TEXT"', env={"TEXT": "scripts/say.sh", "PATH": "/bin"})
    BashOperator.partial(task_id="mapped_scripts").expand(bash_command=["scripts/say.sh", "from_the_path.sh", "echo plain"])
    PythonOperator(
        task_id="python_file", python_callable=lambda **context: context["templates_dict"]["query"],
        templates_dict={"query": "queries/select.sql"}, templates_exts=[".sql"],
    )
    Query(task_id="query", sql="queries/select.sql", parameters={"day": "{{ ds }}"})
    Query(task_id="queries", sql=["queries/select.sql", "SELECT '{{ ds }}'", "from_the_path.sql"])
    Query(task_id="missing_query", sql="queries/nowhere.sql")

with DAG(
    "compare_template_files_native", schedule=None, start_date=datetime(2026, 1, 1), catchup=False,
    template_searchpath=SEARCHED, render_template_as_native_obj=True,
):
    Query(task_id="query", sql="numbers.sql", parameters="{{ {'day': ds, 'count': 3} }}")
    BashOperator(task_id="script", bash_command="from_the_path.sh")
