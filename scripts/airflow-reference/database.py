"""The database that the reference installation of Airflow writes to."""

from __future__ import annotations

import os
import pathlib
import pwd
import secrets
import shutil
import signal
import socket
import subprocess

from processes import Service, wait_until


def free_port() -> int:
    """A loopback TCP port that nothing listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class SQLiteDatabase:
    """One file; Airflow's own default, slow with many tasks at once."""

    name = "sqlite"

    def __init__(self, folder: pathlib.Path) -> None:
        self.url = f"sqlite:///{folder}/airflow.db"
        self.service = None

    def stop(self) -> None:
        """Nothing runs."""


class PostgreSQLDatabase:
    """A private cluster on a loopback port with a password made for it, gone with its folder."""

    name = "postgresql"

    def __init__(self, folder: pathlib.Path) -> None:
        self.data = folder / "postgresql"
        self.data.mkdir()
        self.prefix = _unprivileged_prefix(self.data)
        self.programs = _program_folder()
        self.port = free_port()
        self.password = secrets.token_hex(16)
        self._initialise(folder)
        self.service = self._start(folder)
        self._wait()
        self.url = self.create_database("airflow").replace("postgresql://", "postgresql+psycopg2://")

    def _initialise(self, folder: pathlib.Path) -> None:
        password_file = self.data.parent / "postgresql-password"
        password_file.write_text(self.password + "\n")
        _give_to_server(password_file)
        command = [
            *self.prefix, str(self.programs / "initdb"), "--pgdata", str(self.data / "cluster"), "--username", "airflow",
            "--auth", "scram-sha-256", "--pwfile", str(password_file), "--encoding", "UTF8", "--locale", "C.UTF-8",
        ]
        done = subprocess.run(command, cwd=self.data, capture_output=True, text=True)
        password_file.unlink()
        if done.returncode != 0:
            raise RuntimeError(f"initdb failed:\n{done.stdout}{done.stderr}")

    def _start(self, folder: pathlib.Path) -> Service:
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": "",
            "max_connections": "200",
        }
        options = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        command = [*self.prefix, str(self.programs / "postgres"), "-D", str(self.data / "cluster"), *options]
        return Service("postgresql", command, dict(os.environ), folder / "postgresql.log")

    def _wait(self) -> None:
        ready = [str(self.programs / "pg_isready"), *self._address(), "--quiet"]
        wait_until(lambda: subprocess.run(ready).returncode == 0, "PostgreSQL answers", 60, [self.service])

    def create_database(self, name: str) -> str:
        """An empty database of this cluster; gives its libpq URL."""
        environment = dict(os.environ, PGPASSWORD=self.password)
        subprocess.run([str(self.programs / "createdb"), *self._address(), name], env=environment, check=True)
        return f"postgresql://airflow:{self.password}@127.0.0.1:{self.port}/{name}"

    def _address(self) -> list[str]:
        return ["--host", "127.0.0.1", "--port", str(self.port), "--username", "airflow"]

    def stop(self) -> None:
        """Ends the server by its fast shutdown; the folder is removed by whoever made it."""
        self.service.stop(20, signal.SIGINT)


def _program_folder() -> pathlib.Path:
    """Where initdb, postgres, createdb and pg_isready lie together."""
    found = shutil.which("initdb")
    if found is not None:
        return pathlib.Path(os.path.realpath(found)).parent
    debian = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not debian:
        raise RuntimeError("PostgreSQL's initdb was not found: install postgresql, or use --database sqlite")
    return debian[-1].parent


def _unprivileged_prefix(folder: pathlib.Path) -> list[str]:
    """PostgreSQL refuses to run as root, so root runs it as the packaged user `postgres`."""
    if os.geteuid() != 0:
        return []
    _give_to_server(folder)
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]


def _give_to_server(path: pathlib.Path) -> None:
    if os.geteuid() == 0:
        account = pwd.getpwnam("postgres")
        os.chown(path, account.pw_uid, account.pw_gid)


def open_database(kind: str, folder: pathlib.Path) -> SQLiteDatabase | PostgreSQLDatabase:
    """The database of the kind asked for, empty and ready."""
    return PostgreSQLDatabase(folder) if kind == "postgresql" else SQLiteDatabase(folder)
