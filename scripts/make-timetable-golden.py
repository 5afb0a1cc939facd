#!/usr/bin/env python3
"""Records what Airflow's own timetables answer, for TimetableGoldenTests.

Usage: python scripts/make-timetable-golden.py > Tests/Fixtures/timetables/golden.json
Needs apache-airflow==3.3.2. The cases are seeded: the same Airflow gives the same file.
"""
import datetime
import json
import os
import random

os.environ.setdefault("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "sqlite:////dev/null")

import pendulum  # noqa: E402
import time_machine  # noqa: E402
from airflow.timetables.base import DataInterval, TimeRestriction  # noqa: E402
from airflow.timetables.interval import CronDataIntervalTimetable, DeltaDataIntervalTimetable  # noqa: E402
from airflow.timetables.trigger import (  # noqa: E402
    CronTriggerTimetable,
    DeltaTriggerTimetable,
    MultipleCronTriggerTimetable,
)

EXPRESSIONS = [
    "@hourly", "@daily", "@weekly", "@monthly", "@quarterly", "@yearly", "*/5 * * * *", "30 2 * * *",
    "0 */2 * * *", "15 3 * * 1-5", "0 0 1,15 * *", "0 9 * * MON#1", "0 9 * * L5", "59 23 L * *", "0 0 29 2 *",
    "0 12 13 * 5", "10-50/20 1,2,3 * * *", "0 22-2 * * *", "45 1 * 10 0", "0 0 * * 7", "5/15 * * * *",
]
ZONES = [
    "UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "America/Sao_Paulo",
    "Africa/Casablanca", "Pacific/Apia", "Asia/Tehran",
]


def text(moment):
    return None if moment is None else moment.astimezone(datetime.timezone.utc).isoformat().replace("+00:00", "Z")


def instant(rng):
    if rng.random() < 0.6:  # near a change of the clocks in many zones
        year, (month, day) = rng.randint(2015, 2035), rng.choice([(3, 10), (3, 28), (10, 27), (11, 3), (4, 3), (10, 3)])
        base = pendulum.datetime(year, month, day)
        return base.add(seconds=rng.randint(-4 * 86400, 4 * 86400))
    return pendulum.datetime(rng.randint(1995, 2040), rng.randint(1, 12), rng.randint(1, 28)).add(
        seconds=rng.randint(0, 86399)
    )


def case(kind, arguments, timetable, rng):
    now = instant(rng)
    last = None
    if rng.random() < 0.5:
        end = now.subtract(seconds=rng.randint(0, 40 * 86400))
        last = DataInterval(end.subtract(seconds=rng.choice([0, 3600, 86400])), end)
    earliest = now.subtract(seconds=rng.randint(-5 * 86400, 60 * 86400)) if rng.random() < 0.6 else None
    latest = now.add(seconds=rng.randint(-86400, 30 * 86400)) if rng.random() < 0.3 else None
    catchup = rng.random() < 0.5
    with time_machine.travel(now, tick=False):
        manual = timetable.infer_manual_data_interval(run_after=now)
        info = timetable.next_dagrun_info(
            last_automated_data_interval=last, restriction=TimeRestriction(earliest, latest, catchup)
        )
    return {
        "kind": kind, **arguments, "now": text(now), "last_start": text(last and last.start),
        "last_end": text(last and last.end), "earliest": text(earliest), "latest": text(latest), "catchup": catchup,
        "manual": [text(manual.start), text(manual.end)],
        "next": info and [text(info.run_after), text(info.logical_date), text(info.data_interval.end)],
    }


def main():
    rng = random.Random(20260101)
    cases = []
    for expression in EXPRESSIONS:
        for zone in ZONES:
            for _ in range(3):
                arguments = {"expression": expression, "timezone": zone}
                cases.append(case("cron_interval", arguments, CronDataIntervalTimetable(expression, zone), rng))
                hours = rng.choice([0, 0, 6])
                immediate = rng.choice([False, True, 3600.0])
                timetable = CronTriggerTimetable(
                    expression, timezone=zone, interval=datetime.timedelta(hours=hours),
                    run_immediately=datetime.timedelta(seconds=immediate) if isinstance(immediate, float) else immediate,
                )
                arguments = {**arguments, "interval": hours * 3600, "run_immediately": immediate}
                cases.append(case("cron_trigger", arguments, timetable, rng))
    for seconds in [60, 3600, 86400, 90061]:
        delta = datetime.timedelta(seconds=seconds)
        for _ in range(8):
            cases.append(case("delta_interval", {"seconds": seconds}, DeltaDataIntervalTimetable(delta), rng))
            cases.append(case("delta_trigger", {"seconds": seconds}, DeltaTriggerTimetable(delta), rng))
    for _ in range(20):
        crons = rng.sample(EXPRESSIONS, 2)
        timetable = MultipleCronTriggerTimetable(*crons, timezone="Europe/Berlin")
        cases.append(case("multiple", {"expressions": crons, "timezone": "Europe/Berlin"}, timetable, rng))
    print("[\n" + ",\n".join(json.dumps(item) for item in cases) + "\n]")


main()
