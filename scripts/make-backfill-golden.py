#!/usr/bin/env python3
"""Records what real Airflow makes of wishes for backfills: rows, runs and refusals.

    .build/airflow/bin/python scripts/make-backfill-golden.py > Tests/Fixtures/scheduling/backfills.json

Needs apache-airflow 3.3.2. Works on an empty SQLite database in a temporary folder, with no service and the clock at NOW; rows
are written by `airflow.models.backfill._create_backfill` itself.
"""

from __future__ import annotations

import datetime
import json
import logging
import os
import subprocess
import sys
import tempfile

NOW = datetime.datetime(2025, 11, 5, 12, 30, tzinfo=datetime.timezone.utc)

SCHEDULES = {
    "daily": {"kind": "cron_trigger", "expression": "0 0 * * *", "timezone": "UTC"},
    "behind": {"kind": "cron_trigger", "expression": "0 0 * * *", "timezone": "UTC", "interval": 86400},
    "weekdays": {"kind": "cron_interval", "expression": "0 6 * * 1-5", "timezone": "Europe/Berlin"},
    "gap": {"kind": "cron_trigger", "expression": "30 2 * * *", "timezone": "Europe/Berlin"},
    "fold": {"kind": "cron_interval", "expression": "30 * * * *", "timezone": "Europe/Berlin"},
    "six_hours": {"kind": "delta_interval", "seconds": 21600},
    "steps": {"kind": "delta_trigger", "seconds": 21600},
    "several": {"kind": "multiple", "expressions": ["0 8 * * *", "30 17 * * 5"], "timezone": "UTC"},
    "none": {"kind": "none"},
    "once": {"kind": "once"},
    "continuous": {"kind": "continuous"},
    "assets": {"kind": "assets"},
}

RANGES = [
    ("2025-11-01", "2025-11-04"), ("2025-10-30T12:00:00", "2025-11-01T06:00:00"), ("2025-11-03", "2025-11-20"),
    ("2025-11-01", "2025-11-01"), ("2025-03-29", "2025-03-31T12:00:00"), ("2025-10-25T20:00:00", "2025-10-26T06:00:00"),
    ("2025-11-04", "2025-11-01"), ("2025-12-01", "2025-12-05"), ("2025-11-01T01:00:00", "2025-11-01T02:00:00"),
]


def scenarios() -> list[dict]:
    wishes = [
        {"dag": dag, "from": start, "to": end} for dag in SCHEDULES for start, end in RANGES
    ]
    wishes += [{"dag": "daily", "from": "2025-11-01", "to": "2025-11-04", "backwards": True}]
    existing = [["2025-11-01", "success"], ["2025-11-02", "failed"], ["2025-11-03", "running"], ["2025-11-04", "queued"]]
    for behavior in (None, "none", "failed", "completed"):
        for conf in (None, {}, {"n": 2}):
            wishes.append({
                "dag": "daily", "from": "2025-11-01", "to": "2025-11-05", "existing": existing, "behavior": behavior,
                "conf": conf, "max_active_runs": 3,
            })
    for behavior in (None, "none", "failed", "completed"):
        for backwards in (False, True):
            wishes.append({
                "dag": "daily", "from": "2025-11-01", "to": "2025-11-02", "depends_on_past": True, "behavior": behavior,
                "backwards": backwards,
            })
    wishes.append({"dag": "daily", "from": "2025-11-01", "to": "2025-11-02", "again": True})
    wishes.append({"dag": "daily", "from": "2025-11-01", "to": "2025-11-02", "allowed": ["manual", "scheduled"]})
    return wishes


def main() -> None:
    if len(sys.argv) == 2:
        json.dump([record(number, wish) for number, wish in enumerate(scenarios())], open(sys.argv[1], "w"))
        return
    with tempfile.TemporaryDirectory() as home:
        environment = {key: value for key, value in os.environ.items() if not key.startswith("AIRFLOW")} | {
            "AIRFLOW_HOME": home, "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
        }
        quiet = {"stdout": sys.stderr, "stderr": sys.stderr, "env": environment, "check": True}
        subprocess.run([sys.executable, "-m", "airflow", "db", "migrate"], **quiet)
        subprocess.run([sys.executable, __file__, f"{home}/result.json"], **quiet)
        results = json.load(open(f"{home}/result.json"))
    print("[")
    print(",\n".join(json.dumps(result, sort_keys=True) for result in results))
    print("]")


def record(number: int, wish: dict) -> dict:
    from airflow.models import backfill as airflow_backfill

    logging.disable(logging.CRITICAL)
    dag_id = f"d{number}"
    publish(dag_id, wish)
    for date, state in wish.get("existing", []):
        create_run(dag_id, date, state)
    freeze()
    answer = {"schedule": SCHEDULES[wish["dag"]], "wish": wish}
    behavior = wish.get("behavior")
    for _ in range(2 if wish.get("again") else 1):
        try:
            made = airflow_backfill._create_backfill(
                dag_id=dag_id, from_date=instant(wish["from"]), to_date=instant(wish["to"]),
                max_active_runs=wish.get("max_active_runs"), reverse=wish.get("backwards", False),
                dag_run_conf=wish.get("conf"), triggering_user_name=None,
                reprocess_behavior=behavior and airflow_backfill.ReprocessBehavior(behavior), run_on_latest_version=True)
        except Exception as error:
            answer["error"] = type(error).__name__
            return answer
    return answer | rows(dag_id, made.id)


def rows(dag_id: str, backfill_id: int) -> dict:
    from airflow.models.backfill import Backfill, BackfillDagRun
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session
    from sqlalchemy import select

    with create_session() as session:
        backfill = session.get(Backfill, backfill_id)
        dates = []
        query = select(BackfillDagRun).where(BackfillDagRun.backfill_id == backfill_id)
        for date in session.scalars(query.order_by(BackfillDagRun.sort_ordinal)):
            run = session.get(DagRun, date.dag_run_id) if date.dag_run_id else None
            reason = date.exception_reason and str(getattr(date.exception_reason, "value", date.exception_reason))
            dates.append([date.sort_ordinal, text(date.logical_date), reason] + (fields(run) if run else []))
        behavior = str(getattr(backfill.reprocess_behavior, "value", backfill.reprocess_behavior))
        return {"max_active_runs": backfill.max_active_runs, "behavior": behavior, "dates": dates}


def fields(run) -> list:
    triggered_by = str(getattr(run.triggered_by, "value", run.triggered_by))
    return [
        run.run_id, text(run.data_interval_start), text(run.data_interval_end), text(run.run_after), str(run.run_type),
        triggered_by, str(run.state), run.clear_number, run.conf,
    ]


def publish(dag_id: str, wish: dict) -> None:
    from airflow.dag_processing.collection import update_dag_parsing_results_in_db
    from airflow.models.dagbundle import DagBundleModel
    from airflow.providers.standard.operators.empty import EmptyOperator
    from airflow.sdk import DAG
    from airflow.serialization.serialized_objects import LazyDeserializedDAG
    from airflow.utils.session import create_session

    options = {"allowed_run_types": wish["allowed"]} if "allowed" in wish else {}
    with DAG(dag_id, schedule=timetable(SCHEDULES[wish["dag"]]), max_active_runs=1, **options) as dag:
        EmptyOperator(task_id="t", depends_on_past=wish.get("depends_on_past", False))
    dag.fileloc = dag.relative_fileloc = f"{dag_id}.py"
    with create_session() as session:
        if session.get(DagBundleModel, "b") is None:
            session.add(DagBundleModel(name="b"))
            session.flush()
        update_dag_parsing_results_in_db("b", None, [LazyDeserializedDAG.from_dag(dag)], {}, None, set(), session)


def create_run(dag_id: str, date: str, state: str) -> None:
    from airflow.models.serialized_dag import SerializedDagModel
    from airflow.utils.session import create_session
    from airflow.utils.types import DagRunTriggeredByType, DagRunType

    with create_session() as session:
        dag = SerializedDagModel.get_dag(dag_id, session=session)
        day = instant(date)
        run = dag.create_dagrun(
            run_id=f"scheduled__{day.isoformat()}", logical_date=day, data_interval=(day, day), run_after=day,
            run_type=DagRunType.SCHEDULED, triggered_by=DagRunTriggeredByType.TIMETABLE, state=state, conf={"own": 1},
            start_date=day, session=session)
        if state in ("success", "failed"):
            run.end_date = day
            for ti in run.task_instances:
                ti.state, ti.try_number = state, 1


def freeze() -> None:
    from airflow._shared.timezones import timezone

    timezone.utcnow = lambda: NOW


def timetable(schedule: dict):
    from airflow.sdk import (
        Asset, CronDataIntervalTimetable, CronTriggerTimetable, DeltaDataIntervalTimetable, DeltaTriggerTimetable,
        MultipleCronTriggerTimetable,
    )

    zone = schedule.get("timezone")
    seconds = datetime.timedelta(seconds=schedule.get("seconds", 0))
    match schedule["kind"]:
        case "cron_trigger":
            interval = datetime.timedelta(seconds=schedule.get("interval", 0))
            return CronTriggerTimetable(schedule["expression"], timezone=zone, interval=interval)
        case "cron_interval":
            return CronDataIntervalTimetable(schedule["expression"], timezone=zone)
        case "delta_interval":
            return DeltaDataIntervalTimetable(seconds)
        case "delta_trigger":
            return DeltaTriggerTimetable(seconds)
        case "multiple":
            return MultipleCronTriggerTimetable(*schedule["expressions"], timezone=zone)
        case "assets":
            return [Asset("a")]
        case "none":
            return None
        case kind:
            return f"@{kind}"


def instant(text_: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text_).replace(tzinfo=datetime.timezone.utc)


def text(value: datetime.datetime | None) -> str | None:
    return value and value.astimezone(datetime.timezone.utc).isoformat()


if __name__ == "__main__":
    main()
