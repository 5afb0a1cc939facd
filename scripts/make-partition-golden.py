#!/usr/bin/env python3
"""Records what Airflow's own partition mappers, wait policies and partition timetable answer, for PartitionGoldenTests.

Usage: python scripts/make-partition-golden.py > Tests/Fixtures/partitions/golden.json
Needs apache-airflow==3.3.2. The cases are seeded: the same Airflow gives the same file.
"""
import datetime
import json
import os
import random

os.environ.setdefault("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "sqlite:////dev/null")

import pendulum  # noqa: E402
import structlog  # noqa: E402
import time_machine  # noqa: E402
from airflow import partition_mappers as pm  # noqa: E402
from airflow.partition_mappers.base import is_rollup  # noqa: E402
from airflow.serialization.encoders import encode_partition_mapper  # noqa: E402
from airflow.timetables.base import DagRunInfo, TimeRestriction  # noqa: E402
from airflow.timetables.trigger import CronPartitionTimetable  # noqa: E402

# Airflow's loggers print to the standard output.
structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))

ZONES = [
    "UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "America/Sao_Paulo",
    "Africa/Casablanca", "Pacific/Apia", "Asia/Tehran",
]
INPUTS = [
    "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d", "%Y%m%d", "%Y-%m-%dT%H:%M:%S%z",
    "%d/%m/%y %H:%M", "%Y-%j", "%A %d %B %Y", "%G-W%V-%u", "%Y-%U-%w", "%I:%M %p %d.%m.%Y", "%Y-%m-%d %H:%M:%S.%f",
]
OUTPUTS = {
    pm.StartOfHourMapper: [None, "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H%z", "%d.%m.%y %Hh"],
    pm.StartOfDayMapper: [None, "%Y/%m/%d", "%Y-%m-%d%z", "%Y-%j", "%a %d %b %Y"],
    pm.StartOfWeekMapper: [None, "%Y-%m-%d", "%d.%m.%Y KW%V", "%G-W%V"],
    pm.StartOfMonthMapper: [None, "%b %Y", "%Y%m"],
    pm.StartOfQuarterMapper: [None, "Q{quarter}/%Y", "%Y"],
    pm.StartOfYearMapper: [None, "y%y"],
}
WINDOWS = [pm.HourWindow, pm.DayWindow, pm.WeekWindow, pm.MonthWindow, pm.QuarterWindow, pm.YearWindow]
WORDS = ["us", "eu", "apac", "a|b", "", "2024-03-10", "k"]
BROKEN = ["", "x", "2024-13-01T00:00:00", "2024-02-30T00:00:00", "2024-03-10T02:30:00 ", "2024-03-10t2:30:00", "us|eu"]


def temporal(rng):
    kind = rng.choice(list(OUTPUTS))
    return kind(timezone=rng.choice(ZONES), input_format=rng.choice(INPUTS), output_format=rng.choice(OUTPUTS[kind]))


def textual(rng):
    return rng.choice([
        pm.IdentityMapper(), pm.FixedKeyMapper("all"), pm.AllowedKeyMapper(["us", "eu", "2024-03-10"]),
        pm.IdentityMapper(max_downstream_keys=rng.randint(1, 40)),
    ])


def window(rng):
    if rng.random() < 0.2:
        return pm.SegmentWindow(rng.sample(["us", "eu", "apac", "all"], rng.randint(1, 4)))
    return rng.choice(WINDOWS)(direction=rng.choice(list(pm.Window.Direction)))


def policy(rng):
    return rng.choice([pm.WaitForAll(), pm.MinimumCount(rng.choice([-40, -2, -1, 1, 2, 5, 30]))])


def mapper(rng, depth=0):
    roll = rng.random()
    if depth > 1 or roll < 0.45:
        return temporal(rng) if rng.random() < 0.75 else textual(rng)
    if roll < 0.6:
        return pm.ProductMapper(*(mapper(rng, depth + 1) for _ in range(rng.randint(2, 3))))
    if roll < 0.7:
        return pm.ChainMapper(*(mapper(rng, depth + 1) for _ in range(2)))
    if roll < 0.85:
        chosen = window(rng)
        is_text = isinstance(chosen, pm.SegmentWindow)
        return pm.RollupMapper(
            upstream_mapper=textual(rng) if is_text else temporal(rng), window=chosen, wait_policy=policy(rng))
    chosen = window(rng)
    needs = isinstance(chosen, (pm.SegmentWindow, pm.HourWindow)) or rng.random() < 0.5
    return pm.FanOutMapper(
        upstream_mapper=mapper(rng, depth + 1), window=chosen, downstream_mapper=mapper(rng, depth + 1) if needs else None)


def moment(rng):
    if rng.random() < 0.6:  # near a change of the clocks in many zones
        year, (month, day) = rng.randint(2015, 2035), rng.choice([(3, 10), (3, 28), (10, 27), (11, 3), (4, 3), (10, 3)])
        start = datetime.datetime(year, month, day) + datetime.timedelta(seconds=rng.randint(-4 * 86400, 4 * 86400))
    else:
        start = datetime.datetime(rng.randint(1995, 2040), rng.randint(1, 12), rng.randint(1, 28))
        start += datetime.timedelta(seconds=rng.randint(0, 86399))
    if rng.random() < 0.4:
        start = start.replace(minute=rng.choice([0, 30]), second=0, hour=rng.randint(0, 3))
    return start.replace(tzinfo=datetime.timezone(datetime.timedelta(minutes=rng.choice([0, 60, -300, 330]))))


def formats(some):
    """The input formats that a mapper begins with, one for each part of a key."""
    if isinstance(some, pm.ProductMapper):
        return [formats(one)[0] for one in some.mappers]
    if isinstance(some, pm.ChainMapper):
        return formats(some.mappers[0])
    if isinstance(some, (pm.RollupMapper, pm.FanOutMapper)):
        return formats(some.upstream_mapper)
    return [getattr(some, "input_format", None)]


def key(some, rng):
    if rng.random() < 0.12:
        return rng.choice(BROKEN)
    date = moment(rng)
    return "|".join(date.strftime(one) if one else rng.choice(WORDS) for one in formats(some))


def attempt(body):
    try:
        return body()
    except Exception:
        return {"error": True}


def micros(date):
    return None if date is None else int(round(date.timestamp() * 1_000_000))


def target_case(some, target):
    return {
        "key": target,
        "upstream": attempt(lambda: sorted(some.to_upstream(target)) if is_rollup(some) else None),
        "date": attempt(lambda: micros(some.to_partition_date(target))),
    }


def mapping_case(rng):
    some = mapper(rng)
    source = key(some, rng)
    targets = attempt(lambda: some.to_downstream(source))
    result = targets
    if not isinstance(targets, (str, dict)):
        result = sorted(targets)
    case = {"mapper": encode_partition_mapper(some), "key": source, "targets": result}
    if not isinstance(targets, dict):
        names = [targets] if isinstance(targets, str) else result
        case["of"] = [target_case(some, name) for name in names[:1]]
    case["of"] = case.get("of", []) + [target_case(some, rng.choice(BROKEN + ["2024-03", "2024-Q9", "2024-01-07 (W01)"]))]
    return case


def policy_case(rng):
    chosen, expected = policy(rng), rng.sample("abcdefgh", rng.randint(0, 8))
    arrived = rng.sample("abcdefghij", rng.randint(0, 10))
    answer = chosen.is_satisfied_by_keys(matched=set(arrived), expected=set(expected))
    return {
        "minimum": getattr(chosen, "n", None), "expected": sorted(expected), "arrived": sorted(arrived),
        "satisfied": answer.satisfied, "unreachable": answer.unreachable,
    }


CRONS = ["@hourly", "@daily", "@weekly", "@monthly", "15 3 * * 1-5", "30 2 * * *", "0 0 1,15 * *", "*/5 * * * *"]
KEYS = [r"%Y-%m-%dT%H:%M:%S", "%Y-%m-%d", "%Y%m%d %H", "%Y-%m-%dT%H:%M:%S%z", "W%V %G", "%s"]


def text(date):
    return None if date is None else date.astimezone(datetime.timezone.utc).isoformat().replace("+00:00", "Z")


def instant(rng):
    date = moment(rng)
    return pendulum.instance(date.astimezone(datetime.timezone.utc))


def cron_case(rng):
    zone, cron, form = rng.choice(ZONES), rng.choice(CRONS), rng.choice(KEYS[:5])
    offset, immediate = rng.choice([0, 0, None, 1, -1, 3, -7]), rng.choice([False, True, 3600.0])
    timetable = CronPartitionTimetable(
        cron, timezone=pendulum.timezone(zone), run_offset=offset, key_format=form,
        run_immediately=datetime.timedelta(seconds=immediate) if isinstance(immediate, float) else immediate)
    now = instant(rng)
    last = None
    if rng.random() < 0.5:
        last = now.subtract(seconds=rng.randint(0, 40 * 86400))
    earliest = now.subtract(seconds=rng.randint(-5 * 86400, 60 * 86400)) if rng.random() < 0.6 else None
    latest = now.add(seconds=rng.randint(-86400, 30 * 86400)) if rng.random() < 0.3 else None
    catchup = rng.random() < 0.5
    with time_machine.travel(now, tick=False):
        info = timetable.next_dagrun_info_v2(
            last_dagrun_info=last and DagRunInfo(run_after=last, data_interval=None),
            restriction=TimeRestriction(earliest, latest, catchup))
    asked = rng.choice(BROKEN + [moment(rng).strftime(form), info.partition_key if info else "x"])
    return {
        "timetable": {"__type": "airflow.timetables.trigger.CronPartitionTimetable", "__var": timetable.serialize()},
        "now": text(now), "last": text(last), "earliest": text(earliest), "latest": text(latest), "catchup": catchup,
        "next": info and [text(info.run_after), text(info.partition_date), info.partition_key],
        "asked": asked, "date": attempt(lambda: micros(timetable.resolve_partition_date(asked))),
    }


def lines(cases):
    return "[\n" + ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases) + "\n]"


def main():
    rng = random.Random(20260102)
    mappings = [mapping_case(rng) for _ in range(1200)]
    policies = [policy_case(rng) for _ in range(300)]
    crons = [cron_case(rng) for _ in range(600)]
    print('{"mappings":' + lines(mappings) + ',"policies":' + lines(policies) + ',"crons":' + lines(crons) + "}")


main()
