"""Our side of a scenario: `pipeline scheduler`, and one command a step."""

from __future__ import annotations

import datetime
import json
import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "airflow-reference"))

from processes import wait_until  # noqa: E402
from steps import NOW, Answer, Event, Run  # noqa: E402

ALL = ("--limit", "1000")
START_SECONDS, STOP_SECONDS = 60, 30


class PipelineSide:
    """A home, a folder of DAGs and a scheduler; see `player.Side`."""

    name = "pipeline"

    def __init__(self, program: pathlib.Path, python: pathlib.Path, folder: pathlib.Path, database_url: str | None) -> None:
        self.program, self.dags, self.log = program, folder / "dags", folder / "scheduler.log"
        self.dags.mkdir(parents=True)
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("AIRFLOW", "PIPELINE"))}
        self.environment = kept | {
            "PIPELINE_HOME": str(folder / "home"), "PIPELINE_PYTHON": str(python), "PIPELINE_DAGS_FOLDER": str(self.dags),
            "AIRFLOW_HOME": str(folder / "airflow"),
        }
        if database_url is not None:
            self.environment["PIPELINE_DATABASE_URL"] = database_url
        self.process: subprocess.Popen | None = None

    def start(self, dag_ids: set[str], paused: tuple[str, ...]) -> None:
        """Pauses what is to be paused before the scheduler sees it, and starts the scheduler."""
        known = {row["dag_id"] for row in self._rows("dags", "list")}
        if known != dag_ids:
            raise RuntimeError(f"Airflow reads other DAGs of the files than pipeline: {sorted(known ^ dag_ids)}")
        for dag_id in sorted(known):
            self._command("dags", "pause" if dag_id in paused else "unpause", dag_id)
        self._serve()
        wait_until(self._is_led, "A scheduler works on the store", START_SECONDS, [])

    def kill(self) -> None:
        """Kills the scheduler as a lost machine would be, and starts another."""
        self.process.kill()
        self.process.wait()
        self._serve()

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(STOP_SECONDS)

    def tail(self) -> str:
        return self.log.read_text()[-4000:] if self.log.exists() else ""

    def create_event(self, step: Event) -> None:
        extra = ["--extra", json.dumps(step.extra)] if step.extra else []
        self._rows("assets", "event", "create", step.asset, *extra, *_option("--partition-key", step.key))

    def create_run(self, step: Run) -> None:
        now = datetime.datetime.now(datetime.timezone.utc).isoformat()
        conf = ["--conf", json.dumps(step.conf)] if step.conf else []
        self._rows(
            "dags", "trigger", step.dag_id, *conf, *_option("--run-id", step.run_id), *_option("--partition-key", step.key),
            *_option("--logical-date", now if step.logical_date == NOW else step.logical_date))

    def unpause(self, dag_id: str) -> None:
        self._command("dags", "unpause", dag_id)

    def asks(self, step: Answer) -> bool:
        asked = self._rows("hitl", "list", step.dag_id)
        return any((row["run_id"], row["task_id"]) == (step.run_id, step.task_id) for row in asked)

    def answer(self, step: Answer) -> None:
        options = [part for option in step.options for part in ("--option", option)]
        params = ["--params", json.dumps(step.params)] if step.params else []
        self._command("hitl", "respond", step.dag_id, step.run_id, step.task_id, *options, *params)

    def end(self, dag_id: str, run_id: str) -> None:
        self._command("runs", "cancel", dag_id, run_id)

    def clear(self, dag_id: str, run_id: str) -> None:
        self._command("runs", "clear", "--yes", dag_id, run_id)

    def runs(self) -> list[dict]:
        return self._rows("runs", "list", *ALL)

    def tasks(self, dag_id: str, run_id: str) -> list[dict]:
        return self._rows("runs", "show", dag_id, run_id)["task_instances"]

    def consumed(self, dag_id: str, run_id: str) -> list[dict]:
        """The events that a run consumes."""
        return self._rows("runs", "show", dag_id, run_id, "--consumed")["consumed_asset_events"]

    def events(self) -> list[dict]:
        """All events of assets."""
        return self._rows("assets", "events", *ALL)

    def xcoms(self, dag_id: str, run_id: str) -> list[dict]:
        """All XComs of a run, as they are stored."""
        return self._rows("runs", "show", dag_id, run_id, "--with-xcoms")["xcoms"]

    def _is_led(self) -> bool:
        done = subprocess.run([str(self.program), "health"], env=self.environment, capture_output=True)
        return done.returncode == 0

    def _serve(self) -> None:
        with self.log.open("a") as log:
            self.process = subprocess.Popen(
                [str(self.program), "scheduler"], env=self.environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL)

    def _rows(self, *words: str):
        return json.loads(self._command(*words, "-o", "json"))

    def _command(self, *words: str) -> str:
        done = subprocess.run([str(self.program), *words], env=self.environment, capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(f"pipeline {' '.join(words)} ended with {done.returncode}: {done.stderr[-2000:]}")
        return done.stdout


def _option(name: str, value: str | None) -> list[str]:
    return [] if value is None else [name, value]
