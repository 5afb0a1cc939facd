#!/usr/bin/env python3
"""Records which runs of partitions real Airflow makes of scripted and random events, and which events they consume.

    .build/airflow/bin/python scripts/make-partition-runs-golden.py > Tests/Fixtures/partitions/runs.json

Needs apache-airflow 3.3.2. As make-asset-golden.py, whose world this is: an empty SQLite database for each scenario and no
service. Schedules are written as Airflow serializes them, instants as microseconds, events as their number: within a
step they are numbered by asset and key, since Airflow takes the outlets of a task in no order.
"""

from __future__ import annotations

import datetime
import importlib.util
import json
import logging
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile

_spec = importlib.util.spec_from_file_location("assets", pathlib.Path(__file__).with_name("make-asset-golden.py"))
assets = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(assets)

BOTH = {"all": ["a", "b"]}
DAY = "StartOfDayMapper(input_format='%Y-%m-%dT%H')"
SEGMENTS = "SegmentWindow(['us', 'eu', 'apac'])"
ROLLUP = f"RollupMapper(upstream_mapper=FixedKeyMapper('all'), window={SEGMENTS})"
FAN_OUT = f"FanOutMapper(upstream_mapper=IdentityMapper(), window={SEGMENTS}, downstream_mapper=IdentityMapper())"
SCRIPTED = [
    {
        "name": "one key of two assets",
        "dags": {"d": {"assets": BOTH}},
        "steps": [
            ["write", ["a"], "x", None, []], ["write", ["b"], "y", None, []], ["write", ["b"], "x", None, []],
            ["write", ["a", "b"], "x", 5, []], ["write", ["a"], "y", None, []],
        ],
    },
    {
        "name": "a mapper for each asset",
        "dags": {"d": {"assets": BOTH, "config": {"a": DAY}}},
        "steps": [
            ["write", ["a"], "2026-03-01T05", None, []], ["write", ["b"], "2026-03-01", None, []],
            ["write", ["a"], "nonsense", None, []], ["write", ["b"], "nonsense", None, []],
        ],
    },
    {
        "name": "a rollup over categories, and an early one",
        "dags": {
            "d": {"assets": "a", "default": ROLLUP},
            "e": {"assets": "a", "default": ROLLUP[:-1] + ", wait_policy=MinimumCount(2))"},
            "f": {"assets": "a", "default": ROLLUP[:-1] + ", wait_policy=MinimumCount(9))"},
        },
        "steps": [["write", ["a"], key, None, []] for key in ("us", "us", "mars", "eu", "apac", "eu", "us")],
    },
    {
        "name": "a fan-out, and one that is too wide",
        "dags": {
            "d": {"assets": "a", "default": FAN_OUT}, "e": {"assets": BOTH, "default": FAN_OUT},
            "f": {"assets": "a", "default": FAN_OUT[:-1] + ", max_downstream_keys=2)"},
        },
        "steps": [["write", ["a"], "k", 3, []], ["write", ["b"], "k", None, []]],
    },
    {
        "name": "keys that tasks name themselves",
        "dags": {"d": {"assets": "a"}, "e": {"assets": {"name": "a"}}, "f": {"assets": {"uri": "s3://lake/b"}}},
        "steps": [
            ["write", ["a"], None, None, ["x", "y"]], ["write", ["a", "b"], "own", 7, ["own", "x"]],
            ["write", ["b"], None, None, []],
        ],
    },
    {
        "name": "dates that agree, differ and are missing",
        "dags": {"d": {"assets": BOTH}},
        "steps": [
            ["write", ["a"], "x", 5, []], ["write", ["b"], "x", 5, []],
            ["write", ["a"], "x", 5, []], ["write", ["b"], "x", 6, []],
            ["write", ["a"], "x", None, []], ["write", ["b"], "x", 6, []],
            ["write", ["a"], "x", 5, []], ["write", ["a"], "x", 6, []], ["write", ["a"], "x", 7, []],
            ["write", ["b"], "x", None, []],
        ],
    },
    {
        "name": "aliases, events from outside",
        "dags": {"d": {"assets": {"any": [{"alias": "x"}, "b"]}}, "e": {"assets": {"all": [{"alias": "x"}, "b"]}}},
        "steps": [["through", "x", "a", "k"], ["external", "b", "k"], ["external", "b", None], ["external", "a", "k"]],
    },
    {
        "name": "pauses",
        "dags": {"d": {"assets": BOTH}}, "max_active_runs": 1,
        "steps": [
            ["write", ["a"], "x", None, []], ["pause", "d"], ["write", ["b"], "x", None, []], ["unpause", "d"],
            ["write", ["b"], "x", None, []], ["write", ["a", "b"], "y", None, []], ["write", ["a", "b"], "z", None, []],
        ],
    },
    {
        "name": "assets that are not active",
        "dags": {"d": {"assets": BOTH}},
        "steps": [
            ["write", ["a"], "x", None, []], ["inactive", "a"], ["write", ["b"], "x", None, []],
            ["write", ["a"], "x", None, []], ["active", "a"], ["write", ["b"], "y", None, []],
        ],
    },
    {
        "name": "a changed mapper, an unchanged one, and none any more",
        "dags": {"d": {"assets": BOTH}},
        "steps": [
            ["write", ["a"], "2026-03-01T05", None, []], ["add", "d", {"assets": BOTH}],
            ["write", ["b"], "2026-03-01T05", None, []], ["write", ["a"], "2026-03-01T05", None, []],
            ["add", "d", {"assets": BOTH, "default": DAY}], ["write", ["b"], "2026-03-01T05", None, []],
            ["write", ["a"], "2026-03-01T07", None, []],
        ],
    },
]
MAPPERS = [
    "IdentityMapper()", "IdentityMapper()", DAY, "StartOfMonthMapper(input_format='%Y-%m-%dT%H')", ROLLUP, FAN_OUT,
    "FixedKeyMapper('all')", "AllowedKeyMapper(['us', '2026-03-01T05'])", "StartOfDayMapper(input_format='%Y-%m-%d')",
    f"RollupMapper(upstream_mapper={DAY}, window=DayWindow(), wait_policy=MinimumCount(2))",
    f"ChainMapper({DAY}, StartOfMonthMapper(input_format='%Y-%m-%d'))",
    f"RollupMapper(upstream_mapper=FixedKeyMapper('all'), window={SEGMENTS}, wait_policy=MinimumCount(-1))",
]
CONDITIONS = [
    "a", BOTH, BOTH, {"any": ["a", "b"]}, {"all": ["a", {"any": ["b", "c"]}]}, {"all": [{"name": "a"}, "b"]},
    {"all": ["a", {"alias": "x"}]},
]
KEYS = ["us", "eu", "apac", "2026-03-01T05", "2026-03-01T06", "2026-03-01", "2026-03-02T05", "all", "2026-03"]


def random_scenario(seed: int) -> dict:
    rng = random.Random(seed)

    def schedule() -> dict:
        config = {name: rng.choice(MAPPERS) for name in "abc" if rng.random() < 0.4}
        return {"assets": rng.choice(CONDITIONS), "default": rng.choice(MAPPERS), "config": config}

    def step() -> list:
        roll = rng.random()
        key = rng.choice(KEYS) if rng.random() < 0.95 else None
        if roll < 0.7:
            payload = rng.sample(KEYS, rng.randint(1, 3)) if rng.random() < 0.25 else []
            return ["write", rng.sample("abc", rng.randint(1, 2)), key, rng.choice([None, 1, 1, 2]), payload]
        if roll < 0.78:
            return ["through", "x", rng.choice("abc"), key]
        if roll < 0.86:
            return ["external", rng.choice("abc"), key]
        if roll < 0.92:
            return [rng.choice(["pause", "unpause", "unpause"]), rng.choice("de")]
        if roll < 0.97:
            return [rng.choice(["inactive", "active", "active"]), rng.choice("abc")]
        return ["add", rng.choice("de"), schedule()]

    return {"name": f"seed {seed}", "dags": {"d": schedule(), "e": schedule()}, "steps": [step() for _ in range(40)]}


SCENARIOS = SCRIPTED + [random_scenario(seed) for seed in range(20)]
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


def main() -> None:
    if len(sys.argv) == 3:
        json.dump(record(SCENARIOS[int(sys.argv[2])]), open(sys.argv[1], "w"))
        return
    results = []
    with tempfile.TemporaryDirectory() as home:
        environment = {key: value for key, value in os.environ.items() if not key.startswith("AIRFLOW")} | {
            "AIRFLOW_HOME": home, "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__MIN_SERIALIZED_DAG_UPDATE_INTERVAL": "0",
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
        }
        quiet = {"stdout": sys.stderr, "stderr": sys.stderr, "env": environment, "check": True}
        subprocess.run([sys.executable, "-m", "airflow", "db", "migrate"], **quiet)
        shutil.copy(f"{home}/airflow.db", f"{home}/empty.db")
        for number in range(len(SCENARIOS)):
            shutil.copy(f"{home}/empty.db", f"{home}/airflow.db")
            subprocess.run([sys.executable, __file__, f"{home}/result.json", str(number)], **quiet)
            results.append(json.load(open(f"{home}/result.json")))
    print("[\n" + ",\n".join(json.dumps(one, sort_keys=True, separators=(",", ":")) for one in results) + "\n]")


def record(scenario: dict) -> dict:
    logging.disable(logging.CRITICAL)
    world = PartitionWorld(scenario)
    schedules = dict(world.serialized)
    steps, results = [], []
    for number, step in enumerate(scenario["steps"]):
        world.begin(number)
        getattr(world, step[0])(*step[1:])
        steps.append(step[:2] + [world.serialized[step[1]]] if step[0] == "add" else step)
        results.append(world.schedule())
    return {"name": scenario["name"], "dags": schedules, "steps": steps, "runs": results}


class PartitionWorld(assets.World):
    def __init__(self, scenario: dict) -> None:
        self.serialized: dict = {}
        super().__init__(scenario)

    def write(self, names: list[str], key: str | None, day: int | None, payload: list[str]) -> None:
        self._partition(key, day)
        events = [
            {"dest_asset_key": {"name": name, "uri": assets.ASSETS[name]}, "extra": {}, "partition_key": one}
            for name in names for one in payload
        ]
        self._register([assets.profile(name) for name in names], events)

    def through(self, alias: str, name: str, key: str | None = None) -> None:
        self._partition(key, None)
        super().through(alias, name)

    def external(self, name: str, key: str | None = None) -> None:
        from airflow.assets.manager import asset_manager
        from airflow.models.asset import AssetModel
        from airflow.utils.session import create_session
        from sqlalchemy import select

        with create_session() as session:
            model = session.scalar(select(AssetModel).where(AssetModel.name == name))
            asset_manager.register_asset_change(asset=model, partition_key=key, source_is_api=True, session=session)

    def inactive(self, name: str) -> None:
        from airflow.models.asset import AssetActive
        from airflow.utils.session import create_session
        from sqlalchemy import delete

        with create_session() as session:
            session.execute(delete(AssetActive).where(AssetActive.name == name))

    def active(self, name: str) -> None:
        from airflow.models.asset import AssetActive
        from airflow.utils.session import create_session
        from sqlalchemy import select

        with create_session() as session:
            if session.scalar(select(AssetActive).where(AssetActive.name == name)) is None:
                session.add(AssetActive(name=name, uri=assets.ASSETS[name]))

    def _partition(self, key: str | None, day: int | None) -> None:
        from airflow.models.dagrun import DagRun
        from airflow.utils.session import create_session
        from sqlalchemy import select

        with create_session() as session:
            run = session.scalar(select(DagRun).where(DagRun.dag_id == "producer"))
            run.partition_key = key
            run.partition_date = None if day is None or key is None else EPOCH + datetime.timedelta(days=day)

    def _sync(self) -> None:
        from airflow.serialization.serialized_objects import DagSerialization
        from airflow.sdk import DAG

        for dag_id, schedule in self.schedules.items():
            dag = DAG(dag_id, schedule=build(schedule))
            self.serialized[dag_id] = DagSerialization.to_dict(dag)["dag"]["timetable"]["__var"]
        original, assets.build = assets.build, build
        try:
            super()._sync()
        finally:
            assets.build = original

    def schedule(self) -> list[dict]:
        from unittest import mock

        from airflow.jobs.job import Job
        from airflow.jobs.scheduler_job_runner import SchedulerJobRunner
        from airflow.models.asset import AssetEvent
        from airflow.models.dagrun import DagRun
        from airflow.utils.session import create_session
        from sqlalchemy import select

        with create_session() as session:
            SchedulerJobRunner(
                job=Job(), executors=[mock.MagicMock()])._create_dagruns_for_partitioned_asset_dags(session)
        with create_session() as session:
            runs = session.scalars(select(DagRun).where(DagRun.run_type == "asset_triggered")).all()
            fresh = [run for run in runs if run.run_id not in self.known]
            self.known |= {run.run_id for run in runs}
            events = sorted(
                session.scalars(select(AssetEvent)).all(),
                key=lambda e: (self._step(e.timestamp), e.name, e.partition_key or ""))
            numbers = {event.id: number for number, event in enumerate(events)}
            found = [
                {
                    "dag": run.dag_id, "key": run.partition_key, "state": str(run.state),
                    "date": run.partition_date and round((run.partition_date - EPOCH).total_seconds() * 1_000_000),
                    "has_logical_date": run.logical_date is not None,
                    "consumed": sorted(numbers[event.id] for event in run.consumed_asset_events),
                }
                for run in fresh
            ]
        return sorted(found, key=lambda run: (run["dag"], run["key"]))


_asset_build = assets.build


def build(schedule: object):
    """The timetable of a schedule in its short form; a condition as the other script makes it."""
    if not isinstance(schedule, dict) or "assets" not in schedule:
        return _asset_build(schedule)
    from airflow import sdk

    def mapper(text: str):
        return eval(text, vars(sdk) | {name: getattr(sdk, name) for name in sdk.__all__ if name.endswith(("Mapper", "Window", "Count"))})

    config = {_asset_build(name): mapper(text) for name, text in schedule.get("config", {}).items()}
    return sdk.PartitionedAssetTimetable(
        assets=_asset_build(schedule["assets"]), partition_mapper_config=config,
        default_partition_mapper=mapper(schedule.get("default", "IdentityMapper()")))


if __name__ == "__main__":
    main()
