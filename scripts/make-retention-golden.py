#!/usr/bin/env python3
"""Records which runs real Airflow's `db clean` leaves, and what it does to runs that are cleared on another version.

    .build/airflow/bin/python scripts/make-retention-golden.py > Tests/Fixtures/scheduling/retention.json

Needs apache-airflow 3.3.2. Works on an empty SQLite database in a temporary folder, with no service: rows are removed by
`airflow.utils.db_cleanup.run_cleanup`, tasks cleared by `airflow.models.taskinstance.clear_task_instances`.
"""

from __future__ import annotations

import contextlib
import datetime
import io
import json
import logging
import os
import random
import subprocess
import sys
import tempfile

START = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)
TYPES = ["scheduled", "manual", "backfill", "asset_triggered"]
STATES = ["success", "failed", "running", "queued"]

# Tasks before and after; the states they ended with; the task that is cleared (None: all).
CLEARS = [
    {"before": {"a": [], "b": ["a"]}, "after": {"a": [], "b": ["a"], "c": ["b"]}, "clear": None},
    {"before": {"a": [], "b": ["a"]}, "after": {"a": [], "b": ["a"], "c": ["a"]}, "clear": "b"},
    {"before": {"a": [], "gone": ["a"], "b": ["a"]}, "after": {"a": [], "b": ["a"]}, "clear": "b"},
    {"before": {"a": [], "gone": ["a"]}, "after": {"new": []}, "clear": None},
]


def main() -> None:
    if len(sys.argv) == 2:
        logging.disable(logging.CRITICAL)
        result = {"cleanups": cleanups(), "clears": [clear(n, c, latest) for n, c in enumerate(CLEARS) for latest in (False, True)]}
        json.dump(result, open(sys.argv[1], "w"))
        return
    with tempfile.TemporaryDirectory() as home:
        environment = {key: value for key, value in os.environ.items() if not key.startswith("AIRFLOW")} | {
            "AIRFLOW_HOME": home, "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__MIN_SERIALIZED_DAG_UPDATE_INTERVAL": "0",
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
        }
        quiet = {"stdout": sys.stderr, "stderr": sys.stderr, "env": environment, "check": True}
        subprocess.run([sys.executable, "-m", "airflow", "db", "migrate"], **quiet)
        subprocess.run([sys.executable, __file__, f"{home}/result.json"], **quiet)
        print(json.dumps(json.load(open(f"{home}/result.json")), sort_keys=True))


def cleanups() -> list[dict]:
    generator = random.Random(7)
    results = []
    for number in range(40):
        runs = []
        for index in range(generator.randint(1, 9)):
            state = generator.choice(STATES[:2] if generator.random() < 0.8 else STATES)
            start = None if state == "queued" else generator.randint(1, 20)
            kind = generator.choice(TYPES)
            logical = None if kind == "asset_triggered" else index
            runs.append({
                "dag": generator.choice(["x", "y"]), "id": f"r{index}", "type": kind, "state": state, "start": start,
                "logical": logical, "after": generator.randint(1, 20),
            })
        before = generator.choice([5, 10, 15, 25])
        results.append({"runs": runs, "before": before, "left": cleaned(runs, before)})
    return results


def cleaned(runs: list[dict], before: int) -> list[str]:
    from airflow.models.dagrun import DagRun
    from airflow.utils.db_cleanup import run_cleanup
    from airflow.utils.session import create_session
    from airflow.utils.types import DagRunTriggeredByType
    from sqlalchemy import delete, select

    with create_session() as session:
        session.execute(delete(DagRun))
        for run in runs:
            row = DagRun(
                dag_id=run["dag"], run_id=run["id"], run_type=run["type"], state=run["state"],
                logical_date=at(run["logical"]), run_after=at(run["after"]),
                triggered_by=DagRunTriggeredByType.TEST, start_date=at(run["start"]))
            row.start_date = at(run["start"])
            row.end_date = at(run["start"] + 1) if run["state"] in ("success", "failed") else None
            session.add(row)
    with contextlib.redirect_stdout(io.StringIO()):
        run_cleanup(clean_before_timestamp=at(before), table_names=["dag_run"], confirm=False, skip_archive=True)
    with create_session() as session:
        return sorted(f"{run.dag_id}/{run.run_id}" for run in session.scalars(select(DagRun)))


def clear(number: int, scenario: dict, latest: bool) -> dict:
    from airflow.models.dagrun import DagRun
    from airflow.models.serialized_dag import SerializedDagModel
    from airflow.models.taskinstance import TaskInstance, clear_task_instances
    from airflow.utils.session import create_session
    from airflow.utils.types import DagRunTriggeredByType, DagRunType
    from sqlalchemy import select

    dag_id = f"d{number}{latest}"
    publish(dag_id, scenario["before"])
    with create_session() as session:
        dag = SerializedDagModel.get_dag(dag_id, session=session)
        run = dag.create_dagrun(
            run_id="r", logical_date=START, data_interval=(START, START), run_after=START, run_type=DagRunType.MANUAL,
            triggered_by=DagRunTriggeredByType.CLI, state="failed", session=session)
        run.end_date = START
        for ti in run.task_instances:
            ti.state, ti.try_number = ("failed" if ti.task_id == "b" else "success"), 1
    publish(dag_id, scenario["after"])
    with create_session() as session:
        query = select(TaskInstance).where(TaskInstance.dag_id == dag_id)
        if scenario["clear"]:
            query = query.where(TaskInstance.task_id == scenario["clear"])
        clear_task_instances(list(session.scalars(query)), session, run_on_latest_version=latest)
    with create_session() as session:
        run = session.scalar(select(DagRun).where(DagRun.dag_id == dag_id))
        tasks = session.scalars(select(TaskInstance).where(TaskInstance.dag_id == dag_id)).all()
        return scenario | {
            "latest": latest, "state": str(run.state), "version": run.created_dag_version.version_number,
            "clear_number": run.clear_number,
            "tasks": {ti.task_id: [ti.state and str(ti.state), ti.dag_version.version_number] for ti in tasks},
        }


def publish(dag_id: str, tasks: dict) -> None:
    from airflow.dag_processing.collection import update_dag_parsing_results_in_db
    from airflow.models.dagbundle import DagBundleModel
    from airflow.providers.standard.operators.bash import BashOperator
    from airflow.sdk import DAG
    from airflow.serialization.serialized_objects import LazyDeserializedDAG
    from airflow.utils.session import create_session

    with DAG(dag_id, schedule=None) as dag:
        made = {name: BashOperator(task_id=name, bash_command="true") for name in tasks}
        for name, upstream in tasks.items():
            made[name].set_upstream([made[other] for other in upstream])
    dag.fileloc = dag.relative_fileloc = f"{dag_id}.py"
    with create_session() as session:
        if session.get(DagBundleModel, "b") is None:
            session.add(DagBundleModel(name="b"))
            session.flush()
        update_dag_parsing_results_in_db("b", None, [LazyDeserializedDAG.from_dag(dag)], {}, None, set(), session)


def at(day: int | None) -> datetime.datetime | None:
    return None if day is None else START + datetime.timedelta(days=day)


if __name__ == "__main__":
    main()
