"""Wall time, CPU time and memory of programs, as the kernel counts them."""

from __future__ import annotations

import os
import pathlib
import signal
import statistics
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass

SAMPLE_SECONDS = 0.02
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Usage:
    """One program run to its end.

    `cpu_seconds` counts the program and all descendants that were waited for. `peak_mebibytes` is the high-water mark of
    the program's own resident memory, read from /proc while it ran (the kernel's ru_maxrss would mix in its children).
    """

    status: int
    wall_seconds: float
    cpu_seconds: float
    peak_mebibytes: float
    output: str
    errors: str


class PeakMemory:
    """Reads VmHWM of one process until it is gone."""

    def __init__(self, pid: int) -> None:
        self.path = pathlib.Path(f"/proc/{pid}/status")
        self.mebibytes = 0.0
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self._watch)
        self.thread.start()

    def stop(self) -> float:
        """The last mark that was seen."""
        self.ended.set()
        self.thread.join()
        return self.mebibytes

    def _watch(self) -> None:
        while not self.ended.wait(SAMPLE_SECONDS):
            try:
                lines = self.path.read_text().splitlines()
            except OSError:
                return
            marks = [line.split()[1] for line in lines if line.startswith("VmHWM:")]
            if marks:
                self.mebibytes = max(self.mebibytes, int(marks[0]) / 1024)


def measured(command: list[str], environment: dict[str, str], limit_seconds: float) -> Usage:
    """Runs a program in a process group of its own and measures it; ends the group at the limit."""
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        started = time.monotonic()
        process = subprocess.Popen(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=errors, start_new_session=True,
        )
        memory = PeakMemory(process.pid)
        timer = threading.Timer(limit_seconds, os.killpg, (process.pid, signal.SIGKILL))
        timer.start()
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - started
        timer.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        errors.seek(0)
        return Usage(
            process.returncode, wall, usage.ru_utime + usage.ru_stime, memory.stop(), output.read(), errors.read(),
        )


def tree_cpu_seconds(roots: list[int]) -> float:
    """CPU time of processes, their live descendants, and all descendants that those have waited for."""
    rows = _process_table()
    children: dict[int, list[int]] = {}
    for pid, (parent, _) in rows.items():
        children.setdefault(parent, []).append(pid)
    total, waiting = 0, [pid for pid in roots if pid in rows]
    while waiting:
        pid = waiting.pop()
        total += rows[pid][1]
        waiting += children.get(pid, [])
    return total / TICKS


def _process_table() -> dict[int, tuple[int, int]]:
    """For each process its parent and its ticks (its own and its waited-for children's)."""
    rows = {}
    for entry in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        rows[int(entry.parent.name)] = (int(fields[1]), sum(int(field) for field in fields[11:15]))
    return rows


def median(values: list[float]) -> float | None:
    """The median, or nothing of nothing."""
    return statistics.median(values) if values else None
