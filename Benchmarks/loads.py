"""The loads, as DAG files that Airflow and `pipeline` both read."""

from __future__ import annotations

import pathlib
from dataclasses import dataclass

HEADER = """from datetime import datetime

from airflow.sdk import DAG, task
from airflow.providers.standard.operators.bash import BashOperator
from airflow.providers.standard.operators.empty import EmptyOperator

with DAG("{dag_id}", schedule=None, start_date=datetime(2026, 1, 1), catchup=False):
"""

BASH_CHAIN = """    previous = None
    for number in range({tasks}):
        current = BashOperator(task_id=f"t{{number:05d}}", bash_command="true")
        if previous is not None:
            previous >> current
        previous = current
"""

BASH_PARALLEL = """    for number in range({tasks}):
        BashOperator(task_id=f"t{{number:05d}}", bash_command="true")
"""

PYTHON_CHAIN = """    @task
    def add_one(value: int) -> int:
        return value + 1

    value = 0
    for number in range({tasks}):
        value = add_one.override(task_id=f"t{{number:05d}}")(value)
"""

PYTHON_PARALLEL = """    @task
    def square(value: int) -> int:
        return value * value

    for number in range({tasks}):
        square.override(task_id=f"t{{number:05d}}")(number)
"""

EMPTY_PARALLEL = """    for number in range({tasks}):
        EmptyOperator(task_id=f"t{{number:05d}}")
"""


@dataclass(frozen=True)
class Load:
    """One DAG. `airflow_tasks` is how many of its tasks real Airflow gets, to end within minutes; rates stay comparable."""

    name: str
    body: str
    tasks: int
    airflow_tasks: int
    chain: bool

    def write(self, folder: pathlib.Path, tasks: int) -> str:
        """Writes the DAG file into a folder of its own below `folder` and gives the dag_id."""
        dag_id = f"bench_{self.name}"
        folder.mkdir(parents=True, exist_ok=True)
        text = HEADER.format(dag_id=dag_id) + self.body.format(tasks=tasks)
        (folder / f"{dag_id}.py").write_text(text)
        return dag_id


LOADS = (
    Load("bash_chain", BASH_CHAIN, 100, 100, True),
    Load("bash_parallel", BASH_PARALLEL, 500, 500, False),
    Load("python_chain", PYTHON_CHAIN, 50, 50, True),
    Load("python_parallel", PYTHON_PARALLEL, 200, 200, False),
    Load("empty_parallel", EMPTY_PARALLEL, 10_000, 500, False),
)

ONE_TASK = Load("one_bash", BASH_PARALLEL, 1, 1, False)
MEMORY = Load("memory", BASH_PARALLEL, 10_000, 0, False)

FILES = 1000
"""How many files the reading load has."""


def write_files(folder: pathlib.Path, counter: pathlib.Path, files: int) -> None:
    """Files of two tasks each. Each reading of a file adds one byte to `counter`, so that reads are counted outside."""
    folder.mkdir(parents=True)
    for number in range(files):
        dag_id = f"bench_file_{number:05d}"
        tasks = '    BashOperator(task_id="first", bash_command="true") >> EmptyOperator(task_id="second")\n'
        count = f'\nwith open({str(counter)!r}, "a") as counter:\n    counter.write(".")\n'
        (folder / f"{dag_id}.py").write_text(HEADER.format(dag_id=dag_id) + tasks + count)
