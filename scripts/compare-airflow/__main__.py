"""Runs the same DAGs under real Airflow and under `pipeline`, and compares how they end.

    python3 scripts/compare-airflow --python VENV/bin/python --pipeline .build/release/pipeline

Compared are the run's state and dates, each task instance's state, try number, operator, pool and queue, and all XComs.
With --logs, the tasks' own log lines too. Exit status 1 when a DAG differs.
"""

from __future__ import annotations

import argparse
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

from comparison import DIFFERENT, Side, Verdict, compare, left_out
from pipeline import Pipeline, gather_examples
from report import table, write
from rules import FRESH_DATES

HERE = pathlib.Path(__file__).resolve().parent
OWN_FOLDER = "dags"
"""What a recording calls the folder that was given to it with --dags."""
BUILD = HERE.parent.parent / ".build" / "compare-airflow"


def absolute(text: str) -> pathlib.Path:
    """Programs are started in other folders; links stay, since a virtual environment's Python is one."""
    return pathlib.Path(text).absolute()


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="compare-airflow", description=__doc__.splitlines()[0])
    parser.add_argument("--python", type=absolute, required=True, help="Python that has apache-airflow installed")
    parser.add_argument("--pipeline", type=absolute, help="the program (not needed with --second-reference)")
    parser.add_argument("--dags", type=pathlib.Path, help="compare the DAGs of this folder, not Airflow's examples")
    parser.add_argument("--reuse-reference", type=pathlib.Path, metavar="DIR", help="a recording made before")
    parser.add_argument("--second-reference", type=pathlib.Path, metavar="DIR",
                        help="compare with a second recording of real Airflow (made there if there is none): "
                        "shows that the rules let through all that real Airflow itself does not repeat")
    parser.add_argument("--output", type=pathlib.Path, default=BUILD, help="results folder (default .build/compare-airflow)")
    parser.add_argument("--reference-database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--database-url", help="PIPELINE_DATABASE_URL (default: SQLite in a temporary home)")
    parser.add_argument("--limit-seconds", type=float, default=180, help="bound on one `pipeline run` (default 180)")
    parser.add_argument("--parallel", type=int, default=2, help="`pipeline run`s at once (default 2)")
    parser.add_argument("--logs", action="store_true", help="compare the tasks' log lines too")
    parser.add_argument("--only", action="append", default=[], metavar="DAG_ID", help="compare these DAGs only")
    options = parser.parse_args()
    if options.pipeline is None and options.second_reference is None:
        parser.error("--pipeline PATH is needed: build it with `swift build -c release`")
    return options


def recording(options: argparse.Namespace) -> pathlib.Path:
    """The folder of the recording, made now unless one is to be reused."""
    if options.reuse_reference is not None:
        return options.reuse_reference
    folder = options.output / "reference"
    shutil.rmtree(folder, ignore_errors=True)
    record(options, folder)
    return folder


def second_recording(options: argparse.Namespace, first: pathlib.Path) -> pathlib.Path:
    """The folder of the second recording, made with the logical dates of the first unless it is there."""
    if not (options.second_reference / "index.json").exists():
        fresh = [part for dag_id in FRESH_DATES for part in ("--fresh-date", dag_id)]
        record(options, options.second_reference, "--dates-from", str(first), *fresh)
    return options.second_reference


def record(options: argparse.Namespace, folder: pathlib.Path, *more: str) -> None:
    """Has real Airflow run the DAGs that are to be compared."""
    command = [
        sys.executable, str(HERE.parent / "airflow-reference"), "--python", str(options.python),
        "--output", str(folder), "--database", options.reference_database, *more,
    ]
    command += ["--dags", str(options.dags)] if options.dags else []
    command += [part for dag_id in options.only for part in ("--only", dag_id)]
    subprocess.run(command, check=True)


def load(folder: pathlib.Path, only: list[str]) -> tuple[dict, list[dict]]:
    """The index of a recording and the records of its DAGs."""
    index = json.loads((folder / "index.json").read_text())
    chosen = [row for row in index["dags"] if not only or row["dag_id"] in only]
    return index, [json.loads((folder / f"{row['dag_id']}.json").read_text()) for row in chosen]


def places(index: dict) -> dict[str, str]:
    """What is called by another name on the side of a recording."""
    installation = index["installation"]
    named = {installation["airflow_home"]: "<airflow_home>", installation["base_url"]: "<base_url>"}
    below = {folder: f"<dags>/{name}" for name, folder in index["folders"].items() if folder and name != OWN_FOLDER}
    own = {folder: "<dags>" for name, folder in index["folders"].items() if name == OWN_FOLDER}
    return named | below | own


def recorded_side(options: argparse.Namespace, folder: pathlib.Path, index: dict) -> Side:
    """The side of a recording."""
    return Side(places(index), folder / "logs" if options.logs else None)


def run_pipeline(
    options: argparse.Namespace, index: dict, references: list[dict], folder: pathlib.Path
) -> tuple[dict[str, dict], Side]:
    """The records of `pipeline`; its logs are kept beside them, since its home is temporary."""
    dags = options.dags.resolve() if options.dags else gather_examples(index, folder / "dags")
    side = Pipeline(
        options.pipeline.resolve(), options.python, folder, dags, options.dags is None,
        index["installation"]["base_url"], options.database_url, options.limit_seconds,
    )
    unread = side.unread([row["dag_id"] for row in index["dags"]])
    read = len(index["dags"]) - len(unread)
    print(f"pipeline reads {read} of {len(index['dags'])} DAGs" + "".join(f", not {one}" for one in unread), flush=True)
    records = side.run_all(references, options.parallel)
    records |= {dag_id: {"dag_id": dag_id, "outcome": "not read"} for dag_id in unread}
    logs = options.output / "pipeline" / "logs"
    shutil.rmtree(logs, ignore_errors=True)
    if side.logs.exists():
        shutil.copytree(side.logs, logs)
    return records, Side(side.places, logs if options.logs else None)


def other_side(
    options: argparse.Namespace, first: pathlib.Path, index: dict, references: list[dict]
) -> tuple[dict[str, dict], Side]:
    """The other side's records, its places and its logs."""
    if options.second_reference is not None:
        second, records = load(second_recording(options, first), options.only)
        return {record["dag_id"]: record for record in records}, recorded_side(options, options.second_reference, second)
    with tempfile.TemporaryDirectory(prefix="compare-airflow-") as name:
        return run_pipeline(options, index, references, pathlib.Path(name))


def main() -> None:
    options = arguments()
    first = recording(options)
    index, records = load(first, options.only)
    reasons = {record["dag_id"]: verdict for record in records if (verdict := left_out(record)) is not None}
    others, second_side = other_side(options, first, index, [row for row in records if row["dag_id"] not in reasons])
    first_side = recorded_side(options, first, index)
    verdicts: list[Verdict] = []
    for record in records:
        dag_id = record["dag_id"]
        if dag_id in reasons and others.get(dag_id, {}).get("outcome") != "not read":
            verdicts.append(reasons[dag_id])
        else:
            verdicts.append(compare(record, others[dag_id], first_side, second_side))
    write(options.output / "pipeline", verdicts, others)
    print(table(verdicts))
    sys.exit(1 if any(verdict.kind == DIFFERENT for verdict in verdicts) else 0)


if __name__ == "__main__":
    main()
