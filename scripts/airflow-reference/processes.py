"""Child processes that are ended by their own ids, never by a name."""

from __future__ import annotations

import os
import pathlib
import signal
import subprocess
import time


class Service:
    """One long-running program in a process group of its own, its output in a file."""

    def __init__(self, name: str, command: list[str], environment: dict[str, str], log: pathlib.Path) -> None:
        self.name = name
        self.command = command
        self.log = log
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                command,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=log.parent,
                start_new_session=True,
            )

    def check(self) -> None:
        """Raises when the program ended by itself, with the last lines that it wrote."""
        code = self.process.poll()
        if code is not None:
            raise RuntimeError(f"{self.name} ended by itself with status {code}:\n{tail(self.log)}")

    def stop(self, grace_seconds: float, number: signal.Signals = signal.SIGTERM) -> None:
        """Asks the program to end by a signal, then ends its whole group."""
        group = self.process.pid
        if self.process.poll() is None:
            self.process.send_signal(number)
            try:
                self.process.wait(grace_seconds)
            except subprocess.TimeoutExpired:
                pass
        _signal_group(group, signal.SIGKILL)
        self.process.wait()


def _signal_group(group: int, number: int) -> None:
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        pass


def end_stragglers(variable: str, value: str) -> int:
    """Kills processes that carry our own environment mark, such as tasks that left their group.

    A Bash task starts a session of its own, so it outlives the group of the scheduler that started it.
    """
    mark = f"{variable}={value}".encode()
    ended = 0
    for entry in pathlib.Path("/proc").glob("[0-9]*/environ"):
        pid = int(entry.parent.name)
        try:
            marked = mark in entry.read_bytes().split(b"\0")
        except OSError:
            continue
        if marked and pid != os.getpid():
            try:
                os.kill(pid, signal.SIGKILL)
                ended += 1
            except ProcessLookupError:
                continue
    return ended


def tail(path: pathlib.Path, lines: int = 30) -> str:
    """The last lines of a text file, for an error message."""
    return "\n".join(path.read_text(errors="replace").splitlines()[-lines:])


def wait_until(condition, what: str, seconds: float, services: list[Service], pause: float = 0.5) -> None:
    """Waits for a condition; fails after a bound, or as soon as one of the services is gone."""
    deadline = time.monotonic() + seconds
    while not condition():
        for service in services:
            service.check()
        if time.monotonic() > deadline:
            raise RuntimeError(f"{what}: not so after {seconds:.0f} s")
        time.sleep(pause)
