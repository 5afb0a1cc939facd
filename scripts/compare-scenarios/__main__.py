"""Runs scripted scenarios under real Airflow's scheduler and under `pipeline scheduler`, and compares all that comes of them.

    python3 scripts/compare-scenarios --python VENV/bin/python --pipeline .build/release/pipeline [--only NAME] [--kill]

Compared are, for each run, the DAG, the type, the dates, the partition, the state, the consumed events of assets and the
state and tries of each task; beside the runs, all events of assets, and in some scenarios the XComs. `--reuse FOLDER` takes
what real Airflow did from the output of an earlier comparison. Exit status 1 when something differs.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import datetime
import json
import pathlib
import subprocess
import sys
import tempfile

from comparison import differences
from pipeline_side import PipelineSide
from player import Player
from records import compared, recorded
from reference_side import ReferenceSide
from scenarios import SCENARIOS, Scenario

BUILD = pathlib.Path(__file__).resolve().parent.parent.parent / ".build" / "compare-scenarios"
FOLDERS = "import sys, importlib; [print(importlib.import_module(name).__path__[0]) for name in sys.argv[1:]]"
DAG_IDS = (
    "import sys; from airflow.dag_processing.dagbag import DagBag; bag = DagBag(dag_folder=sys.argv[1]); "
    "assert not bag.import_errors, bag.import_errors; print(*bag.dags)"
)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="compare-scenarios", description=__doc__.splitlines()[0])
    parser.add_argument("--python", type=lambda text: pathlib.Path(text).absolute(), required=True,
                        help="Python that has apache-airflow installed")
    parser.add_argument("--pipeline", type=lambda text: pathlib.Path(text).absolute(), required=True, help="the program")
    parser.add_argument("--only", action="append", default=[], metavar="NAME", choices=[one.name for one in SCENARIOS],
                        help="this scenario only (may be repeated)")
    parser.add_argument("--kill", action="store_true", help="kill `pipeline scheduler` again and again; another takes over")
    parser.add_argument("--reuse", type=pathlib.Path, metavar="FOLDER", help="the output of an earlier comparison")
    parser.add_argument("--output", type=pathlib.Path, default=BUILD, help="results folder (default .build/compare-scenarios)")
    parser.add_argument("--database-url", help="PIPELINE_DATABASE_URL (default: SQLite in a temporary home); needs --only")
    options = parser.parse_args()
    if options.database_url and len(options.only) != 1:
        parser.error("--database-url needs --only NAME: each scenario begins with an empty database")
    return options


def ask(python: pathlib.Path, code: str, *words: str) -> list[str]:
    """The last lines, one a word, of what a little program of Airflow's Python prints."""
    with tempfile.TemporaryDirectory() as home:
        done = subprocess.run([str(python), "-c", code, *words], env={"AIRFLOW_HOME": home, "HOME": home},
                              capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(done.stderr[-2000:])
    return done.stdout.splitlines()


def write_files(scenario: Scenario, python: pathlib.Path, target: pathlib.Path) -> None:
    """Writes the examples of a scenario, edited as it says; an edit that changes nothing is an error."""
    folders = ask(python, FOLDERS, *(package for package, _ in scenario.files))[-len(scenario.files):]
    texts = {name: (pathlib.Path(folder) / name).read_text() for folder, (_, name) in zip(folders, scenario.files)}
    for old, new in scenario.edits:
        if not any(old in text for text in texts.values()):
            raise RuntimeError(f"scenario {scenario.name}: no file has {old!r}")
        texts = {name: text.replace(old, new) for name, text in texts.items()}
    for name, text in texts.items():
        (target / name).write_text(text)


def run_side(side, scenario: Scenario, options: argparse.Namespace, kill=None) -> dict:
    """Plays a scenario on one side, which is ended whatever happens."""
    write_files(scenario, options.python, side.dags)
    dag_ids = set(ask(options.python, DAG_IDS, str(side.dags))[-1].split())
    try:
        side.start(dag_ids, scenario.paused)
        Player(side, kill).play(scenario.steps)
        return recorded(side, scenario)
    except BaseException:
        log = options.output / scenario.name / f"{side.name}.log"
        log.write_text(side.tail())
        print(f"{scenario.name}: what {side.name} wrote last is in {log}", file=sys.stderr)
        raise
    finally:
        side.stop()


def reused(path: pathlib.Path, scenario: Scenario, today: datetime.date) -> dict:
    """An earlier recording, refused where it is missing or says nothing about today."""
    if not path.exists():
        raise RuntimeError(f"{path} is missing: compare once without --reuse")
    record = json.loads(path.read_text())
    if scenario.by_day and record["day"] != today.isoformat():
        raise RuntimeError(f"{path} is of {record['day']}, and {scenario.by_day}: compare without --reuse")
    return record


def reference(scenario: Scenario, options: argparse.Namespace) -> dict:
    """What real Airflow does: an earlier recording, or a new one."""
    if options.reuse is not None:
        today = datetime.datetime.now(datetime.timezone.utc).date()
        return reused(options.reuse / scenario.name / "airflow.json", scenario, today)
    with tempfile.TemporaryDirectory() as folder:
        return run_side(ReferenceSide(options.python, pathlib.Path(folder)), scenario, options)


def tried(scenario: Scenario, options: argparse.Namespace) -> dict:
    """What `pipeline` does."""
    with tempfile.TemporaryDirectory() as folder:
        side = PipelineSide(options.pipeline, options.python, pathlib.Path(folder), options.database_url)
        return run_side(side, scenario, options, side.kill if options.kill else None)


def compare(scenario: Scenario, options: argparse.Namespace) -> bool:
    """Runs a scenario on both sides at once and prints what differs."""
    output = options.output / scenario.name
    output.mkdir(parents=True, exist_ok=True)
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        sides = [pool.submit(side, scenario, options) for side in (reference, tried)]
    theirs, ours = (side.result() for side in sides)
    for name, record in (("airflow", theirs), ("pipeline", ours)):
        (output / f"{name}.json").write_text(json.dumps(record, indent=1) + "\n")
    found = differences(compared(theirs, scenario), compared(ours, scenario))
    counted = ", ".join(f"{len(theirs[part])} {part} of Airflow, {len(ours[part])} of pipeline" for part in ("runs", "events"))
    print(f"{scenario.name}: {f'{len(found)} differ' if found else 'equal'} ({counted})", *found, sep="\n  ", flush=True)
    return not found


def main() -> int:
    options = arguments()
    chosen = [one for one in SCENARIOS if not options.only or one.name in options.only]
    equal = []
    for scenario in chosen:
        try:
            equal.append(compare(scenario, options))
        except RuntimeError as error:
            print(f"{scenario.name}: broken\n  {error}", flush=True)
            equal.append(False)
    print(f"{sum(equal)} of {len(equal)} scenarios equal")
    return 0 if all(equal) else 1


if __name__ == "__main__":
    sys.exit(main())
