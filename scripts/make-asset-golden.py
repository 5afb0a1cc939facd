#!/usr/bin/env python3
"""Records which runs real Airflow's asset scheduling makes of scripted events, and which events they consume.

    .build/airflow/bin/python scripts/make-asset-golden.py > Tests/Fixtures/assets/golden.json

Needs apache-airflow 3.3.2. Each scenario gets an empty SQLite database in a temporary folder and no service: events go
through `TaskInstance.register_asset_changes_in_db`, runs come of `SchedulerJobRunner`'s own functions. Instants are written as
the number of the step in which they fall, events as their number.
"""

from __future__ import annotations

import datetime
import json
import logging
import os
import shutil
import subprocess
import sys
import tempfile

SCENARIOS = [
    {
        "name": "all of two assets",
        "dags": {"d": {"all": ["a", "b"]}},
        "steps": [["event", "a"], ["event", "a"], ["event", "b"], ["event", "b"], ["event", "a"]],
    },
    {
        "name": "any of two assets",
        "dags": {"d": {"any": ["a", "b"]}},
        "steps": [["event", "a"], ["event", "b"], ["event", "a", "b"]],
    },
    {
        "name": "nested conditions",
        "dags": {"d": {"all": [{"any": ["a", "b"]}, "c"]}},
        "steps": [["event", "a"], ["event", "b"], ["event", "c"], ["event", "c"], ["event", "b"]],
    },
    {
        "name": "several consumers of one asset",
        "dags": {"d": "a", "e": {"all": ["a", "b"]}, "f": {"any": ["a", "b"]}},
        "steps": [["event", "a"], ["event", "b"], ["event", "a", "b"]],
    },
    {
        "name": "alias alone",
        "dags": {"d": {"alias": "x"}},
        "steps": [["through", "x", "a"], ["event", "a"], ["through", "y", "a"], ["through", "x", "b"]],
    },
    {
        "name": "alias or asset",
        "dags": {"d": {"any": [{"alias": "x"}, "b"]}, "e": {"all": [{"alias": "x"}, "b"]}, "f": "a"},
        "steps": [["through", "x", "a"], ["event", "b"], ["event", "a"], ["through", "x", "b"]],
    },
    {
        "name": "references by name and by URI",
        "dags": {"d": {"name": "a"}, "e": {"uri": "s3://lake/b"}, "f": {"all": [{"name": "a"}, "b"]}},
        "steps": [["event", "a"], ["event", "b"], ["event", "a"]],
    },
    {
        "name": "a paused consumer",
        "dags": {"d": {"all": ["a", "b"]}},
        "steps": [
            ["event", "a"], ["pause", "d"], ["event", "b"], ["unpause", "d"], ["event", "b"], ["pause", "d"], ["event", "a"],
            ["event", "b"], ["unpause", "d"], ["event", "a"], ["event", "b"],
        ],
    },
    {
        "name": "queued before a pause",
        "dags": {"d": "a"}, "max_active_runs": 1,
        "steps": [["event", "a"], ["event", "a"], ["pause", "d"], ["finish", "d"], ["unpause", "d"]],
    },
    {
        "name": "no room for another run",
        "dags": {"d": {"any": ["a", "b"]}}, "max_active_runs": 1,
        "steps": [
            ["event", "a"], ["event", "a"], ["event", "a"], ["event", "b"], ["event", "a"], ["finish", "d"], ["event", "b"],
            ["finish", "d"], ["finish", "d"],
        ],
    },
    {
        "name": "events before the DAG, no catch-up",
        "dags": {"other": "a"},
        "steps": [["event", "a"], ["event", "b"], ["add", "d", {"all": ["a", "b"]}], ["event", "a"], ["event", "b"]],
    },
    {
        "name": "events before the DAG, catch-up",
        "dags": {"other": "a"}, "catchup": True,
        "steps": [["event", "a"], ["event", "b"], ["add", "d", {"all": ["a", "b"]}], ["event", "a"], ["event", "b"]],
    },
    {
        "name": "events through an alias before the DAG",
        "dags": {"other": {"alias": "x"}},
        "steps": [["through", "x", "a"], ["add", "d", {"alias": "x"}], ["through", "x", "a"]],
    },
    {
        "name": "events from outside",
        "dags": {"d": {"all": ["a", "b"]}},
        "steps": [["external", "a"], ["external", "b"], ["event", "a"], ["external", "b"]],
    },
    {
        "name": "a changed schedule",
        "dags": {"d": {"all": ["a", "b"]}},
        "steps": [["event", "a"], ["add", "d", {"all": ["a", "c"]}], ["event", "b"], ["event", "c"], ["event", "a"]],
    },
]

ASSETS = {"a": "s3://lake/a", "b": "s3://lake/b", "c": "s3://lake/c"}


def main() -> None:
    if len(sys.argv) == 3:
        json.dump(record(SCENARIOS[int(sys.argv[2])]), open(sys.argv[1], "w"))
        return
    results = []
    with tempfile.TemporaryDirectory() as home:
        environment = {key: value for key, value in os.environ.items() if not key.startswith("AIRFLOW")} | {
            "AIRFLOW_HOME": home, "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
        }
        quiet = {"stdout": sys.stderr, "stderr": sys.stderr, "env": environment, "check": True}
        subprocess.run([sys.executable, "-m", "airflow", "db", "migrate"], **quiet)
        shutil.copy(f"{home}/airflow.db", f"{home}/empty.db")
        for number in range(len(SCENARIOS)):
            shutil.copy(f"{home}/empty.db", f"{home}/airflow.db")
            subprocess.run([sys.executable, __file__, f"{home}/result.json", str(number)], **quiet)
            results.append(json.load(open(f"{home}/result.json")))
    print("[")
    print(",\n".join(json.dumps(result, sort_keys=True) for result in results))
    print("]")


def record(scenario: dict) -> dict:
    logging.disable(logging.CRITICAL)
    world = World(scenario)
    results = []
    for number, step in enumerate(scenario["steps"]):
        world.begin(number)
        getattr(world, step[0])(*step[1:])
        results.append(world.schedule())
    return scenario | {"runs": results}


class World:
    """One empty Airflow."""

    def __init__(self, scenario: dict) -> None:
        self.scenario = scenario
        self.bounds: list[datetime.datetime] = []
        self.known: set[str] = set()
        self.schedules = dict(scenario["dags"])
        self._sync()

    def begin(self, number: int) -> None:
        self.bounds.append(now())

    def event(self, *names: str) -> None:
        self._register([profile(name) for name in names], [])

    def through(self, alias: str, name: str) -> None:
        from airflow.api_fastapi.execution_api.datamodels.asset import AssetProfile

        payload = {
            "source_alias_name": alias, "extra": {},
            "dest_asset_key": {"name": name, "uri": ASSETS[name]}, "dest_asset_extra": {},
        }
        self._register([AssetProfile(name=alias, uri=None, type="AssetAlias")], [payload])

    def external(self, name: str) -> None:
        from airflow.assets.manager import asset_manager
        from airflow.models.asset import AssetModel
        from airflow.utils.session import create_session
        from sqlalchemy import select

        with create_session() as session:
            model = session.scalar(select(AssetModel).where(AssetModel.name == name))
            asset_manager.register_asset_change(asset=model, source_is_api=True, session=session)

    def pause(self, dag_id: str, is_paused: bool = True) -> None:
        from airflow.models.dag import DagModel
        from airflow.utils.session import create_session

        with create_session() as session:
            session.get(DagModel, dag_id).is_paused = is_paused

    def unpause(self, dag_id: str) -> None:
        self.pause(dag_id, False)

    def finish(self, dag_id: str) -> None:
        """Ends the oldest run that is not over."""
        from airflow.models.dagrun import DagRun
        from airflow.utils.session import create_session
        from sqlalchemy import select

        with create_session() as session:
            open_runs = select(DagRun).where(DagRun.dag_id == dag_id, DagRun.state.in_(["queued", "running"]))
            if run := session.scalars(open_runs.order_by(DagRun.run_after)).first():
                run.state = "success"

    def add(self, dag_id: str, schedule: object) -> None:
        self.schedules[dag_id] = schedule
        self._sync()

    def _sync(self) -> None:
        from airflow.dag_processing.collection import update_dag_parsing_results_in_db
        from airflow.models.dagbundle import DagBundleModel
        from airflow.sdk import DAG
        from airflow.sdk import Asset
        from airflow.providers.standard.operators.empty import EmptyOperator
        from airflow.serialization.serialized_objects import LazyDeserializedDAG
        from airflow.utils.session import create_session

        dags = []
        for dag_id, schedule in ({"producer": None} | self.schedules).items():
            with DAG(
                dag_id, schedule=build(schedule), catchup=self.scenario.get("catchup", False),
                max_active_runs=self.scenario.get("max_active_runs", 16),
                start_date=datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc), is_paused_upon_creation=False,
            ) as dag:
                outlets = [Asset(name=name, uri=uri) for name, uri in ASSETS.items()] if dag_id == "producer" else []
                EmptyOperator(task_id="t", outlets=outlets)
            dag.fileloc = dag.relative_fileloc = f"{dag_id}.py"
            dags.append(dag)
        with create_session() as session:
            if session.get(DagBundleModel, "b") is None:
                session.add(DagBundleModel(name="b"))
                session.flush()
            update_dag_parsing_results_in_db(
                "b", None, [LazyDeserializedDAG.from_dag(dag) for dag in dags], {}, None, set(), session)
        self._activate()
        if not hasattr(self, "producer"):
            self.producer = self._produce()

    def _activate(self) -> None:
        """What the scheduler does once a minute."""
        from unittest import mock

        from airflow.jobs.job import Job
        from airflow.jobs.scheduler_job_runner import SchedulerJobRunner
        from airflow.utils.session import create_session

        with create_session() as session:
            SchedulerJobRunner(job=Job(), executors=[mock.MagicMock()])._update_asset_orphanage(session=session)

    def _produce(self):
        from airflow.models.serialized_dag import SerializedDagModel
        from airflow.utils.session import create_session
        from airflow.utils.types import DagRunTriggeredByType, DagRunType

        with create_session() as session:
            dag = SerializedDagModel.get_dag("producer", session=session)
            run = dag.create_dagrun(
                run_id="manual__r", logical_date=None, data_interval=None, run_after=now(), run_type=DagRunType.MANUAL,
                triggered_by=DagRunTriggeredByType.CLI, state="running", session=session)
            return run.run_id

    def _register(self, outlets: list, events: list) -> None:
        from airflow.models.taskinstance import TaskInstance
        from airflow.utils.session import create_session
        from sqlalchemy import select

        with create_session() as session:
            ti = session.scalar(select(TaskInstance).where(TaskInstance.dag_id == "producer"))
            TaskInstance.register_asset_changes_in_db(ti, outlets, events, session=session)

    def schedule(self) -> list[dict]:
        """One look of the scheduler at what assets start; gives the new runs by DAG."""
        from unittest import mock

        from airflow.jobs.job import Job
        from airflow.jobs.scheduler_job_runner import SchedulerJobRunner
        from airflow.models.asset import AssetEvent
        from airflow.models.dag import DagModel
        from airflow.models.dagrun import DagRun
        from airflow.utils.session import create_session
        from sqlalchemy import select

        with create_session() as session:
            runner = SchedulerJobRunner(job=Job(), executors=[mock.MagicMock()])
            query, triggered = DagModel.dags_needing_dagruns(session)
            models = [model for model in query.all() if model.dag_id in triggered]
            runner._create_dag_runs_asset_triggered(dag_models=models, session=session)
        with create_session() as session:
            runs = session.scalars(select(DagRun).where(DagRun.run_type == "asset_triggered")).all()
            fresh = [run for run in runs if run.run_id not in self.known]
            self.known |= {run.run_id for run in runs}
            numbers = {id: number for number, id in enumerate(
                session.scalars(select(AssetEvent.id).order_by(AssetEvent.id)).all())}
            found = [
                {
                    "dag": run.dag_id, "run_after": self._step(run.run_after), "state": str(run.state),
                    "triggered_by": str(getattr(run.triggered_by, "value", run.triggered_by)),
                    "has_logical_date": run.logical_date is not None,
                    "consumed": sorted(numbers[event.id] for event in run.consumed_asset_events),
                }
                for run in fresh
            ]
        return sorted(found, key=lambda run: run["dag"])

    def _step(self, instant: datetime.datetime) -> int:
        return sum(1 for bound in self.bounds if bound <= instant) - 1


def now() -> datetime.datetime:
    return datetime.datetime.now(datetime.timezone.utc)


def profile(name: str):
    from airflow.api_fastapi.execution_api.datamodels.asset import AssetProfile

    return AssetProfile(name=name, uri=ASSETS[name], type="Asset")


def build(schedule: object):
    """An asset condition of its short form."""
    from airflow.sdk import Asset, AssetAlias, AssetAll, AssetAny

    if schedule is None:
        return None
    if isinstance(schedule, str):
        return Asset(name=schedule, uri=ASSETS[schedule])
    kind, value = next(iter(schedule.items()))
    if kind == "alias":
        return AssetAlias(value)
    if kind in ("name", "uri"):
        return Asset.ref(**{kind: value})
    return {"all": AssetAll, "any": AssetAny}[kind](*(build(member) for member in value))


if __name__ == "__main__":
    main()
