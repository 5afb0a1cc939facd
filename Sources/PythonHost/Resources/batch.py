"""Reads several DAG files in one forked child, as long as none leaves anything behind for the next.

A fork costs more than importing a small file: every page that an import touches is copied, once for each fork. The
answers are frames in the result file, in the order of `files`: 4 bytes big-endian, then that many bytes of JSON as
reader.py describes them. Their number says how far the child came; the caller gives the rest to another child.

The child stops behind a file that
    has import errors: they count only where the file was the first, since an earlier one may be the cause; the time
        limit's counts always
    left something behind: environment, threads, descriptors, patched classes, ... (`Surroundings`)
    ended the time slice, or filled the result
"""

from __future__ import annotations

import os
import random
import signal
import sys
import threading
import time
import warnings

from . import reader

# Bytes of answers behind which no further file is read.
RESULT_BYTES = 8 << 20
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD, signal.SIGHUP, signal.SIGPIPE)


def read_many(request: dict, fds: list[int], trace_fd: int) -> int:
    reader.enter(request, None, trace_fd)
    end = time.monotonic() + request["slice"]
    surroundings = Surroundings(request["bundle_path"])
    for number, file in enumerate(request["files"]):
        answer = reader.answer({**request, "file": file}, trace_fd)
        failed = bool(answer["import_errors"])
        if failed and number and answer["duration"] < (request["time_limit"] or float("inf")):
            break
        data = reader.encoded(answer)
        reader.write_all(fds[0], len(data).to_bytes(4, "big") + data)
        if failed or time.monotonic() > end or os.fstat(fds[0]).st_size > RESULT_BYTES or not surroundings.restore():
            break
    return 0


class Surroundings:
    """What a file finds in its process. A file that is read after another shall find the same."""

    def __init__(self, bundle_path: str):
        self.root = os.path.abspath(bundle_path) + os.sep
        self.modules = set(sys.modules)
        self.random = random.getstate()
        self.state = self.take()
        self.classes = {kind: dict(vars(kind)) for kind in watched_classes()}

    def take(self) -> tuple:
        return (
            dict(os.environ), os.getcwd(), self.path(), list(sys.meta_path), list(sys.path_hooks),
            sys.stdout, sys.stderr, threading.active_count(), os.listdir("/proc/self/task"),
            len(os.listdir("/proc/self/fd")), [signal.getsignal(number) for number in SIGNALS], list(warnings.filters),
            sys.getrecursionlimit(), children(),
        )

    def restore(self) -> bool:
        """Forgets the modules of the bundle and the state of `random`; whether nothing else has changed."""
        random.setstate(self.random)
        for name in [name for name, module in sys.modules.items() if self.is_ours(name, module)]:
            del sys.modules[name]
        return self.take() == self.state and all(same(vars(kind), before) for kind, before in self.classes.items())

    def path(self) -> list[str]:
        """Without the bundle, which Airflow's importer puts there."""
        return [entry for entry in sys.path if os.path.abspath(entry) + os.sep != self.root]

    def is_ours(self, name: str, module) -> bool:
        """Below the bundle, or made by the import of a DAG file."""
        if name in self.modules:
            return False
        places = [getattr(module, "__file__", None) or "", *getattr(module, "__path__", ())]
        return any(isinstance(place, str) and os.path.abspath(place).startswith(self.root) for place in places)


def children() -> str:
    try:
        with open(f"/proc/self/task/{threading.get_native_id()}/children", encoding="ascii") as file:
            return file.read()
    except OSError:
        return ""  # The kernel does not list them; what is left running is ended with the group.


def same(now, before: dict) -> bool:
    """Whether nothing was replaced and no public name added: Airflow itself keeps private notes on its classes."""
    added = [name for name in now if name not in before and not name.startswith("_")]
    return not added and all(now.get(name) is value for name, value in before.items())


def watched_classes() -> set[type]:
    """Classes of the SDK that author code likes to patch, with their parents."""
    from airflow import sdk
    from airflow.providers.standard.operators import bash, empty, python

    found = (sdk.DAG, sdk.TaskGroup, sdk.BaseSensorOperator, sdk.Param, sdk.Asset, sdk.Variable, sdk.Connection,
             bash.BashOperator, empty.EmptyOperator, python.PythonOperator)
    return {parent for kind in found for parent in kind.__mro__ if parent is not object}
