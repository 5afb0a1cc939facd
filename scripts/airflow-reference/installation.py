"""A temporary, otherwise default installation of Airflow whose parts are started and ended by us."""

from __future__ import annotations

import base64
import os
import pathlib
import secrets
import subprocess
import urllib.error

from database import free_port, open_database
from processes import Service, end_stragglers, tail, wait_until
from rest import REST

STARTUP_SECONDS = 180
"""Airflow needs 10-18 s on two free cores; shared cores get ten times that."""


class Installation:
    """api-server, scheduler with LocalExecutor, dag-processor and triggerer over one database.

    The settings differ from the defaults in speed (heartbeats, idle sleep, parallelism), in what reaches the network
    (loopback only, no log servers) and in one thing that matters: `use_job_schedule` is off, so that no scheduled or
    asset-triggered run appears beside the manual run that is recorded.
    """

    def __init__(self, python: pathlib.Path, folder: pathlib.Path, database: str, overrides: dict[str, str]) -> None:
        self.python = python
        self.folder = folder
        self.home = folder / "airflow-home"
        (self.home / "dags").mkdir(parents=True)
        self.database = open_database(database, folder)
        self.port = free_port()
        self.base_url = f"http://127.0.0.1:{self.port}"
        self.environment = _environment(self.home, self.database.url, self.base_url) | _user_home(folder) | overrides
        self.services: list[Service] = []
        self.rest = REST(self.base_url)

    def start(self) -> None:
        """Makes the schema, starts all parts and waits until each of them is healthy."""
        self.airflow("db", "migrate")
        api = ["--host", "127.0.0.1", "--port", str(self.port), "--workers", "1"]
        self._serve("api-server", *api)
        self._serve("scheduler", "--skip-serve-logs")
        self._serve("dag-processor")
        self._serve("triggerer", "--skip-serve-logs")
        wait_until(self._healthy, "Airflow is healthy", STARTUP_SECONDS, self.services)
        self.rest.log_in()

    def wait_for_dags(self, dag_ids: set[str], seconds: float = STARTUP_SECONDS) -> None:
        """Waits until the dag-processor has written all the DAGs that are expected."""
        def visible() -> bool:
            return dag_ids <= {row["dag_id"] for row in self.rest.all("dags", "dags")}

        wait_until(visible, "All DAGs are visible", seconds, self.services, pause=2)

    def restart(self, name: str) -> None:
        """Ends one part and starts it anew, with the same arguments."""
        place = next(index for index, service in enumerate(self.services) if service.name == name)
        old = self.services[place]
        old.stop(15)
        self.services[place] = Service(name, old.command, self.environment, old.log)

    def airflow(self, *arguments: str) -> str:
        """Runs one `airflow` command to its end and gives its standard output."""
        command = [str(self.python), "-m", "airflow", *arguments]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, cwd=self.folder)
        if done.returncode != 0:
            raise RuntimeError(f"airflow {' '.join(arguments)} failed:\n{done.stdout[-4000:]}{done.stderr[-4000:]}")
        return done.stdout

    def stop(self) -> None:
        """Ends every part, the database last, and any task that is still running."""
        for service in reversed(self.services):
            service.stop(15)
        end_stragglers("AIRFLOW_HOME", str(self.home))
        self.database.stop()

    def log_tails(self) -> str:
        """What the parts wrote last, for a failure's message."""
        return "\n".join(f"--- {service.name}\n{tail(service.log)}" for service in self.services)

    def _serve(self, name: str, *arguments: str) -> None:
        command = [str(self.python), "-m", "airflow", name, *arguments]
        self.services.append(Service(name, command, self.environment, self.folder / f"{name}.log"))

    def _healthy(self) -> bool:
        try:
            health = self.rest.get("monitor/health")
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return False
        parts = ("metadatabase", "scheduler", "triggerer", "dag_processor")
        return all(health[part]["status"] == "healthy" for part in parts)


def _user_home(folder: pathlib.Path) -> dict[str, str]:
    """A home without .bashrc, but with the user's settings for pip and the like.

    A task of Airflow has a socket as standard input; bash takes that for a remote shell and reads ~/.bashrc, whose output
    would end up in the task's log and XCom.
    """
    home = folder / "user-home"
    home.mkdir()
    for name in (".cache", ".config", ".local", ".netrc", ".pip"):
        if (pathlib.Path.home() / name).exists():
            (home / name).symlink_to(pathlib.Path.home() / name)
    return {"HOME": str(home)}


def _environment(home: pathlib.Path, database_url: str, base_url: str) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("AIRFLOW", "PIPELINE"))}
    settings = {
        "CORE__EXECUTOR": "LocalExecutor",
        "CORE__PARALLELISM": "8",
        "CORE__LOAD_EXAMPLES": "True",
        "CORE__DAGS_FOLDER": str(home / "dags"),
        "CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "CORE__FERNET_KEY": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
        "CORE__EXECUTION_API_SERVER_URL": f"{base_url}/execution/",
        "API__BASE_URL": base_url,
        "API__SECRET_KEY": secrets.token_hex(32),
        "API_AUTH__JWT_SECRET": secrets.token_hex(32),
        "DATABASE__SQL_ALCHEMY_CONN": database_url,
        "DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "86400",
        "SCHEDULER__USE_JOB_SCHEDULE": "False",
        "SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.2",
        "WORKERS__MIN_HEARTBEAT_INTERVAL": "1",
    }
    ours = {f"AIRFLOW__{key}": value for key, value in settings.items()}
    return kept | ours | {"AIRFLOW_HOME": str(home), "PYTHONUNBUFFERED": "1"}
