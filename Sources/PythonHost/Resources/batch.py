"""Reads several DAG files in one forked child, as long as none leaves anything behind for the next.

A fork costs more than importing a small file: every page that an import touches is copied, once for each fork. The
answers are frames in the result file, in the order of `files`: 4 bytes big-endian, then that many bytes of JSON as
reader.py describes them. Their number says how far the child came; the caller gives the rest to another child.

The child stops behind a file that
    has import errors: they count only where the file was the first, since an earlier one may be the cause; the time
        limit's counts always
    left something behind: environment, threads, descriptors, patched classes and modules, ... (`Surroundings`)
    ended the time slice, or filled the result
"""

from __future__ import annotations

import builtins
import decimal
import gc
import importlib.machinery
import locale
import logging
import os
import random
import resource
import signal
import socket
import sys
import threading
import time
import warnings

from . import loaded, native, reader  # noqa: F401  (what a read imports is there before it)

# Bytes of answers behind which no further file is read.
RESULT_BYTES = 8 << 20
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD, signal.SIGHUP, signal.SIGPIPE)
LIMITS = (resource.RLIMIT_NOFILE, resource.RLIMIT_AS, resource.RLIMIT_CPU, resource.RLIMIT_FSIZE, resource.RLIMIT_NPROC,
          resource.RLIMIT_STACK)
MODULES = (
    "builtins", "copy", "datetime", "functools", "inspect", "io", "json", "logging", "os", "os.path", "pathlib", "pickle",
    "re", "shutil", "signal", "socket", "subprocess", "sys", "tempfile", "threading", "time", "urllib.request", "uuid",
    "warnings", "yaml", "jinja2", "pendulum", "requests",
    "airflow", "airflow.configuration", "airflow.sdk", "airflow.sdk.configuration", "airflow.settings",
    "airflow.sdk.bases.operator", "airflow.sdk.serde",
)


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
    """What a file finds in its process. A file that is read after another shall find the same.

    What a file changes in a module of Python's or Airflow's that it is itself the first to import is not noticed.
    """

    def __init__(self, bundle_path: str):
        self.root = os.path.abspath(bundle_path) + os.sep
        self.modules = dict(sys.modules)
        self.random = random.getstate()
        self.state = self.take()
        self.classes = {kind: contents(kind) for kind in watched_classes()}
        self.members = {module: dict(vars(module)) for module in watched_modules()}

    def take(self) -> tuple:
        return (
            dict(os.environ), os.getcwd(), self.path(), list(sys.meta_path), list(sys.path_hooks),
            sys.stdout, sys.stderr, threading.active_count(), os.listdir("/proc/self/task"),
            len(os.listdir("/proc/self/fd")), [signal.getsignal(number) for number in SIGNALS], list(warnings.filters),
            children(), *of_the_interpreter(), *of_the_process(), *of_logging(), *entered(),
        )

    def restore(self) -> bool:
        """Forgets the modules of the bundle and the state of `random`; whether nothing else has changed."""
        random.setstate(self.random)
        for name in [name for name, module in sys.modules.items() if self.is_ours(name, module)]:
            del sys.modules[name]
        return (
            self.take() == self.state and self.modules_are_real() and not self.has_libraries()
            and all(same(contents(kind), before) for kind, before in self.classes.items())
            and all(kept(vars(module), before) for module, before in self.members.items())
            and vars(builtins).keys() == self.members[builtins].keys()
        )

    def path(self) -> list[str]:
        """Without the bundle, which Airflow's importer puts there."""
        return [entry for entry in sys.path if os.path.abspath(entry) + os.sep != self.root]

    def is_ours(self, name: str, module) -> bool:
        """Below the bundle, or made by the import of a DAG file."""
        if name in self.modules:
            return False
        places = [getattr(module, "__file__", None) or "", *(getattr(module, "__path__", None) or ())]
        return any(isinstance(place, str) and os.path.abspath(place).startswith(self.root) for place in places)

    def has_libraries(self) -> bool:
        """Whether a library was imported that was not there before: what was changed in it cannot be told."""
        roots = {name.partition(".")[0] for name in sys.modules.keys() - self.modules.keys()}
        return any(root not in sys.stdlib_module_names and root != "airflow" for root in roots)

    def modules_are_real(self) -> bool:
        """Whether no module was taken out or replaced, and none put there that was not imported: a stand-in would make
        the next file's import succeed."""
        now = sys.modules
        return kept(now, self.modules) and all(
            isinstance(getattr(now[name], "__spec__", None), importlib.machinery.ModuleSpec)
            for name in now.keys() - self.modules.keys())


def of_the_interpreter() -> tuple:
    decimals = decimal.getcontext()
    return (
        sys.getrecursionlimit(), sys.gettrace(), sys.getprofile(), sys.excepthook, gc.isenabled(),
        decimals.prec, decimals.rounding, locale.setlocale(locale.LC_ALL), time.tzname, socket.getdefaulttimeout(),
    )


def of_the_process() -> tuple:
    mask = os.umask(0o077)
    os.umask(mask)
    return (mask, [resource.getrlimit(number) for number in LIMITS])


def of_logging() -> tuple:
    root = logging.getLogger()
    return (root.level, root.manager.disable, list(root.handlers))


def entered() -> tuple:
    """The DAGs and task groups that were entered and not left: the tasks of the next file would be theirs."""
    from airflow.sdk.definitions._internal.contextmanager import DagContext, TaskGroupContext

    return (list(DagContext._context), list(TaskGroupContext._context))


def children() -> str:
    try:
        with open(f"/proc/self/task/{threading.get_native_id()}/children", encoding="ascii") as file:
            return file.read()
    except OSError:
        return ""  # The kernel does not list them; what is left running is ended with the group.


def contents(kind: type) -> dict:
    """The class's members, with what its public dictionaries and lists hold as members of their own."""
    found = {name: value for name, value in vars(kind).items() if not name.endswith("__serialized_fields")}
    for name, value in vars(kind).items():
        if type(value) is dict and not name.startswith("_"):
            found.update({f"{name}[{key!r}]": item for key, item in value.items()})
        elif type(value) is list and not name.startswith("_"):
            found.update({f"{name}[{number}]": item for number, item in enumerate(value)})
    return found


def same(now: dict, before: dict) -> bool:
    """Whether nothing was replaced and no public name added: Airflow itself keeps private notes on its classes."""
    added = [name for name in now if name not in before and not name.startswith("_")]
    return not added and kept(now, before)


def kept(now, before: dict) -> bool:
    """`time.tzname` is another tuple of the same names each time the clock is set up."""
    return all(now.get(name) is value or name == "tzname" for name, value in before.items())


def watched_classes() -> set[type]:
    """Classes of the SDK that author code likes to patch, with their parents, and all operators that are loaded."""
    from airflow import sdk

    found = [sdk.DAG, sdk.TaskGroup, sdk.Param, sdk.Asset, sdk.Variable, sdk.Connection, sdk.BaseOperator]
    for kind in found:
        if issubclass(kind, sdk.BaseOperator):
            found += [child for child in type.__subclasses__(kind) if child not in found]
    return {parent for kind in found for parent in kind.__mro__ if parent is not object}


def watched_modules() -> list:
    """Modules whose functions author code likes to replace."""
    return [sys.modules[name] for name in MODULES if name in sys.modules]
