"""Runs DAGs with `pipeline run` and gives records of the same shape as those of real Airflow."""

from __future__ import annotations

import concurrent.futures
import json
import os
import pathlib
import shutil
import signal
import subprocess
import time

from rules import FRESH_DATES

MISUSE = 64
"""The exit status for a run that is refused: unknown DAG, invalid conf or params."""

READ_LIMIT_SECONDS = 600
"""Bound on the first reading of all DAG files."""


class Pipeline:
    """One home folder, one DAG folder, and the program."""

    def __init__(
        self, program: pathlib.Path, python: pathlib.Path, folder: pathlib.Path, dags: pathlib.Path, examples: bool,
        base_url: str, database_url: str | None, limit_seconds: float,
    ) -> None:
        """`dags` may hold an `environment.json`: variables and connections that both sides get by environment."""
        self.program = program
        self.dags = dags
        self.limit_seconds = limit_seconds
        self.home = folder / "pipeline-home"
        self.logs = self.home / "logs"
        self.airflow_home = folder / "airflow-home"
        for path in (self.home, self.airflow_home / "dags"):
            path.mkdir(parents=True)
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("AIRFLOW", "PIPELINE"))}
        self.environment = kept | {
            "PIPELINE_HOME": str(self.home),
            "PIPELINE_PYTHON": str(python),
            "AIRFLOW_HOME": str(self.airflow_home),
            "AIRFLOW__API__BASE_URL": base_url,
            # Registers the examples' own plugins: a timetable, a weight rule, partition mappers.
            "AIRFLOW__CORE__LOAD_EXAMPLES": str(examples),
        }
        given = dags / "environment.json"
        if given.exists():
            self.environment |= json.loads(given.read_text())
        if database_url is not None:
            self.environment["PIPELINE_DATABASE_URL"] = database_url
        self.places = {
            str(self.airflow_home): "<airflow_home>", str(dags): "<dags>", base_url: "<base_url>",
        }

    def unread(self, dag_ids: list[str]) -> list[str]:
        """Reads the folder for the first time; gives the DAGs that real Airflow reads and `pipeline dags list` lacks."""
        command = [str(self.program), "dags", "list", "--dags", str(self.dags), "-o", "json"]
        status, output, errors = _bounded(command, self.environment, self.home, READ_LIMIT_SECONDS)
        if status != 0:
            raise RuntimeError(f"`pipeline dags list` ended with {status}: {errors[-2000:]}")
        return sorted(set(dag_ids) - {row["dag_id"] for row in json.loads(output)})

    def run_all(self, references: list[dict], parallel: int) -> dict[str, dict]:
        """The record of each DAG by its id."""
        with concurrent.futures.ThreadPoolExecutor(parallel) as pool:
            return dict(zip((row["dag_id"] for row in references), pool.map(self.run, references)))

    def run(self, reference: dict) -> dict:
        """Runs one DAG with the run id and logical date of the recording, so that neither needs a rule."""
        command = [str(self.program), "run", reference["dag_id"], "--dags", str(self.dags), "--with-xcoms", "-o", "json"]
        if reference["outcome"] != "refused" and reference["dag_id"] not in FRESH_DATES:
            command += ["--run-id", reference["run_id"], "--logical-date", reference["logical_date"]]
        started = time.monotonic()
        status, output, errors = _bounded(command, self.environment, self.home, self.limit_seconds)
        record = _record(reference["dag_id"], status, output, errors)
        return record | {"waited_seconds": round(time.monotonic() - started, 2), "exit_status": status, "stderr": errors}


def _bounded(command: list[str], environment: dict[str, str], folder: pathlib.Path, seconds: float) -> tuple[int | None, str, str]:
    """Runs a command in a group of its own; no status when it had to be ended."""
    process = subprocess.Popen(
        command, env=environment, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        errors="replace", start_new_session=True,
    )
    try:
        output, errors = process.communicate(timeout=seconds)
        return process.returncode, output, errors
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        output, errors = process.communicate()
        return None, output, errors


def _record(dag_id: str, status: int | None, output: str, errors: str) -> dict:
    last_words = " ".join(errors.strip().splitlines()[-3:])[-500:]
    if status is None:
        return {"dag_id": dag_id, "outcome": "not ended", "reason": last_words}
    if status == MISUSE:
        return {"dag_id": dag_id, "outcome": "refused", "reason": last_words}
    try:
        result = json.loads(output)
    except json.JSONDecodeError:
        return {"dag_id": dag_id, "outcome": "broken", "reason": f"status {status}, no JSON result: {last_words}"}
    if status != (0 if result["state"] == "success" else 1):
        return {"dag_id": dag_id, "outcome": "broken", "reason": f"status {status} for a run that ended {result['state']}"}
    return result | {"outcome": "ended"}


def gather_examples(described: dict, target: pathlib.Path) -> pathlib.Path:
    """Copies the installed example folders below one folder, since `--dags` names one."""
    for name, folder in described["folders"].items():
        if folder is not None:
            shutil.copytree(folder, target / name, ignore=shutil.ignore_patterns("__pycache__"))
    return target
