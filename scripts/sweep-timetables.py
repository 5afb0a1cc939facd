#!/usr/bin/env python3
"""Records what Airflow's cron timetables (and croniter below them) answer around every change of the clocks.

Usage: python scripts/sweep-timetables.py > Tests/Fixtures/timetables/sweep.json
       python scripts/sweep-timetables.py --zone Europe/Berlin        # the answers themselves, one line each

Needs apache-airflow==3.3.2. For each zone of the machine, 1990 to 2040: from before each change on, the next ticks of some
expressions, and from the last one back. Kept are digests: of the zone's file, of all answers, and of those of every fifth
change, which ZoneSweepTests compares in the ordinary run of the tests. Zones whose file has changed since are passed over.
"""
import argparse
import datetime
import json
import os
import pathlib
import sys
import zoneinfo

os.environ.setdefault("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "sqlite:////dev/null")

import pendulum  # noqa: E402
from airflow.timetables._cron import CronMixin  # noqa: E402

FOLDER = pathlib.Path("/usr/share/zoneinfo")
FIRST = int(datetime.datetime(1990, 1, 1, tzinfo=datetime.timezone.utc).timestamp())
LAST = int(datetime.datetime(2040, 1, 1, tzinfo=datetime.timezone.utc).timestamp())
WEEK = 7 * 86_400
HOUR = 3_600
# Expression, where the walk begins before the change, ticks.
WALKS = [
    ("30 2 * * *", 30 * HOUR, 3), ("0 0 * * *", 30 * HOUR, 3), ("15 0,1,2,3 * * *", 5 * HOUR, 8),
    ("*/20 * * * *", 2 * HOUR, 12), ("0 */6 * * *", 12 * HOUR, 5),
]
SOME = 5


def digest(data, value=0xCBF29CE484222325):
    """FNV-1a, 64 bits."""
    for byte in data:
        value = (value ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return value


def utc(seconds):
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)


def offset(zone, seconds):
    return int(utc(seconds).astimezone(zone).utcoffset().total_seconds())


def changes(zone):
    """Seconds at which the offset is another one than just before, as steps of a week show them."""
    low = FIRST
    while low < LAST:
        high = low + WEEK
        if offset(zone, low) != offset(zone, high):
            yield bisect(zone, low, high)
        low = high


def bisect(zone, low, high):
    before = offset(zone, low)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if offset(zone, middle) == before else (low, middle)
    return high


def walk(cron, start, count):
    moment, answers = pendulum.from_timestamp(start), []
    for _ in range(count):
        moment = cron._get_next(moment)
        answers.append(int(moment.timestamp()))
    for _ in range(count):
        moment = cron._get_prev(moment)
        answers.append(int(moment.timestamp()))
    return answers


def lines(name, numbers=None):
    zone = zoneinfo.ZoneInfo(name)
    crons = [(CronMixin(expression, name), expression, before, count) for expression, before, count in WALKS]
    for number, change in enumerate(changes(zone)):
        for cron, expression, before, count in crons:
            answers = walk(cron, change - before, count)
            yield number, f"{change} {expression} {' '.join(map(str, answers))}\n"


def record(name):
    whole = some = digest(b"")
    count = 0
    for number, line in lines(name):
        whole = digest(line.encode(), whole)
        if number % SOME == 0:
            some = digest(line.encode(), some)
        count = number + 1
    file = digest((FOLDER / name).read_bytes())
    return {"zone": name, "file": f"{file:x}", "changes": count, "all": f"{whole:x}", "some": f"{some:x}"}


def names():
    """One name for each content; files that are no zones of a place are left out."""
    seen = {}
    for name in sorted(zoneinfo.available_timezones()):
        path = FOLDER / name
        if "/" in name and path.is_file():
            seen.setdefault(path.read_bytes(), name)
    return sorted(seen.values())


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--zone")
    zone = parser.parse_args().zone
    if zone:
        sys.stdout.writelines(line for _, line in lines(zone))
        return
    rows = [json.dumps(record(name)) for name in names()]
    print("[\n" + ",\n".join(rows) + "\n]")


if __name__ == "__main__":
    main()
