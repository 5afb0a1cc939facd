"""Records how DAGs end under real Airflow: its example DAGs, or those of a folder.

    python3 scripts/airflow-reference --python VENV/bin/python --output FOLDER

Starts a temporary installation on loopback, triggers each DAG once, and writes FOLDER/<dag_id>.json,
FOLDER/serialized/<dag_id>.json, FOLDER/index.json, FOLDER/SUMMARY.md and the logs of all tries.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile

from installation import Installation
from recording import Recorder
from summary import summary

HERE = pathlib.Path(__file__).resolve().parent


def absolute(text: str) -> pathlib.Path:
    """Programs are started in other folders; links stay, since a virtual environment's Python is one."""
    return pathlib.Path(text).absolute()


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="airflow-reference", description=__doc__.splitlines()[0])
    parser.add_argument("--python", type=absolute, required=True, help="Python that has apache-airflow installed")
    parser.add_argument("--output", type=pathlib.Path, required=True, help="folder for the recording")
    parser.add_argument("--dags", type=lambda text: pathlib.Path(text).resolve(),
                        help="record the DAGs of this folder, not Airflow's examples")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite",
                        help="sqlite (default), or a private PostgreSQL cluster: faster, needs its programs and two drivers")
    parser.add_argument("--limit-seconds", type=float, default=120, help="bound on one run (default 120)")
    parser.add_argument("--parallel", type=int, default=4, help="runs at once (default 4)")
    parser.add_argument("--dates-from", type=pathlib.Path, metavar="DIR", help="use the logical dates of that recording")
    parser.add_argument("--fresh-date", action="append", default=[], metavar="DAG_ID", help="but the present for these")
    parser.add_argument("--only", action="append", default=[], metavar="DAG_ID", help="record these DAGs only")
    return parser.parse_args()


def describe(python: pathlib.Path, output: pathlib.Path, folder: pathlib.Path, dags: pathlib.Path | None) -> dict:
    """Asks Airflow's own reader which DAGs there are."""
    (output / "serialized").mkdir(parents=True, exist_ok=True)
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("AIRFLOW", "PIPELINE"))}
    environment |= {"AIRFLOW_HOME": str(folder / "reader-home"), "AIRFLOW__CORE__LOAD_EXAMPLES": str(dags is None)}
    with (output / "examples.log").open("w") as log:
        command = [str(python), str(HERE / "examples.py"), str(output), *([str(dags)] if dags else [])]
        done = subprocess.run(command, env=environment, stdout=log, stderr=subprocess.STDOUT)
    if done.returncode != 0:
        sys.exit(f"{python} cannot read Airflow's example DAGs: pip install 'apache-airflow==3.3.2' there, see {log.name}")
    return json.loads((output / "dags.json").read_text())


def check_drivers(python: pathlib.Path, database: str) -> None:
    """PostgreSQL needs two drivers that Airflow does not install by itself."""
    if database == "postgresql":
        done = subprocess.run([str(python), "-c", "import psycopg2, asyncpg"], capture_output=True)
        if done.returncode != 0:
            sys.exit("--database postgresql needs drivers: pip install psycopg2-binary asyncpg, or use --database sqlite")


def record(options: argparse.Namespace, described: dict, folder: pathlib.Path) -> list[dict]:
    chosen = [dag for dag in described["dags"] if not options.only or dag["dag_id"] in options.only]
    described["dags"] = chosen
    installation = Installation(options.python, folder, options.database, overrides(options.dags))
    try:
        installation.start()
        described["installation"] = {"airflow_home": str(installation.home), "base_url": installation.base_url}
        installation.wait_for_dags({dag["dag_id"] for dag in chosen})
        dates = logical_dates(options.dates_from, options.fresh_date) if options.dates_from else {}
        recorder = Recorder(installation, options.output, options.limit_seconds, options.parallel, dates)
        return recorder.record(chosen)
    except BaseException:
        print(installation.log_tails(), file=sys.stderr)
        raise
    finally:
        installation.stop()
        keep_logs(installation.home / "logs", options.output / "logs")


def overrides(dags: pathlib.Path | None) -> dict[str, str]:
    """Settings for a folder of DAGs, and the variables and connections of its `environment.json`."""
    if dags is None:
        return {}
    given = dags / "environment.json"
    environment = json.loads(given.read_text()) if given.exists() else {}
    return environment | {"AIRFLOW__CORE__DAGS_FOLDER": str(dags), "AIRFLOW__CORE__LOAD_EXAMPLES": "False"}


def keep_logs(source: pathlib.Path, target: pathlib.Path) -> None:
    """Keeps the task logs of this recording in place of those of an earlier one."""
    shutil.rmtree(target, ignore_errors=True)
    # An Airflow that did not start has none, and its own error is what counts.
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("dag_processor"))


def logical_dates(folder: pathlib.Path, without: list[str]) -> dict[str, str]:
    """The logical date of each DAG in another recording, as Airflow writes it into a run id."""
    index = json.loads((folder / "index.json").read_text())
    records = [json.loads((folder / f"{dag['dag_id']}.json").read_text()) for dag in index["dags"]]
    return {
        record["dag_id"]: datetime.datetime.fromisoformat(record["logical_date"]).isoformat()
        for record in records if record.get("logical_date") and record["dag_id"] not in without
    }


def main() -> None:
    # A terminated recording must end what it started, so SIGTERM takes the way of an exception.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    options = arguments()
    (options.output / "index.json").unlink(missing_ok=True)
    check_drivers(options.python, options.database)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="airflow-reference-"))
    folder.chmod(0o755)
    try:
        described = describe(options.python, options.output, folder, options.dags)
        records = record(options, described, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    # The index comes last: a folder without it holds no complete recording.
    described["recorded_at"] = datetime.datetime.now(datetime.timezone.utc).isoformat()
    described["database"] = options.database
    (options.output / "SUMMARY.md").write_text(summary(described, records))
    (options.output / "index.json").write_text(json.dumps(described, indent=1) + "\n")


if __name__ == "__main__":
    main()
