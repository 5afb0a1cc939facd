"""Reads one DAG file with the real SDK, in a forked child, and answers with Airflow's own serialized form.

The answer, as JSON:

    dags           [{dag_id, serialized, hash, native, python_only, weights}]; see native.py for native and python_only;
                   weights: {task_id: get_weight()} for tasks whose weight_rule is a custom strategy
    dependencies   [path] of what the file loaded below the bundle beside itself: imported modules (`sys.modules`) and
                   files opened for reading, and where a module that is missing would be (loaded.py); relative to the
                   bundle, sorted. Given as well when the import failed
    import_errors  [{file, line, message, traceback}]; `file` is relative to the bundle, `line` is a line of it
    warnings       [text]
    skipped        the file mentions neither "dag" nor "airflow", so Airflow's safe mode does not import it
    sdk_version, duration
"""

from __future__ import annotations

import ast
import contextlib
import faulthandler
import functools
import gc
import json
import os
import re
import signal
import socket
import sys
import tempfile
import time
import traceback
import types
import warnings
from pathlib import Path

FRAME = re.compile(r'^\s*File "([^"]+)", line (\d+)', re.MULTILINE)
# Frames of one traceback kept in a message.
TRACEBACK_DEPTH = 60
# How long after the limit that raises inside the file its stack is written down: it has swallowed the exception.
TRACE_DELAY = 2.5
REHEARSAL = """
from datetime import datetime
from airflow.sdk import DAG, Asset, Param, TaskGroup, dag, task, chain
try:
    from airflow.providers.standard.operators.bash import BashOperator as Operator
except ImportError:
    from airflow.sdk import BaseOperator as Operator
with DAG("rehearsal", schedule="@daily", start_date=datetime(2024, 1, 1), params={"a": Param(1, type="integer")}):
    first = Operator(task_id="first", **({"bash_command": "{{ ds }}"} if Operator.__name__[:1] == "B" else {}))
    @task
    def second(x):
        return x
    with TaskGroup("group"):
        second.expand(x=[1, 2])
    first >> second.override(task_id="third")(1)
"""


def prepare() -> None:
    """Imports, once and before any fork, what every read needs."""
    import airflow.dag_processing.dagbag  # noqa: F401
    import airflow.models.serialized_dag  # noqa: F401
    import airflow.sdk
    import airflow.settings
    import airflow.sdk.execution_time.supervisor  # noqa: F401
    import airflow.sdk.execution_time.task_runner  # noqa: F401
    import airflow.serialization.serialized_objects  # noqa: F401
    from airflow.dag_processing.importers import get_importer_registry

    get_importer_registry()
    for name in ("bash", "empty", "python", "trigger_dagrun", "latest_only"):
        with contextlib.suppress(ImportError):
            __import__(f"airflow.providers.standard.operators.{name}")
    sys.dont_write_bytecode = True
    # There is no database: without engines, Airflow's handler after each fork has nothing to renew (3 ms a fork).
    airflow.settings.engine = airflow.settings.async_engine = None
    furnish()
    remember_translations()
    rehearse()


def remember_translations() -> None:
    """Describing a cron expression reads a file of translations each time; one fork does not need another's."""
    with contextlib.suppress(ImportError, AttributeError):
        import cron_descriptor.ExpressionDescriptor as descriptor

        descriptor.GetText = functools.lru_cache(maxsize=None)(descriptor.GetText)


def rehearse() -> None:
    """Reads a small DAG once, so that all that is loaded lazily and cached is there before the first fork."""
    with tempfile.TemporaryDirectory() as folder:
        file = os.path.join(folder, "rehearsal.py")
        with open(file, "w", encoding="utf-8") as source:
            source.write(REHEARSAL)
        reader = FileReader({"file": file, "bundle_path": folder})
        json.dumps(reader.serialize(reader.load()))
        if reader.errors:
            raise RuntimeError(f"the SDK cannot read a plain DAG: {reader.errors[0]['message']}")
    for name in [name for name, module in sys.modules.items() if getattr(module, "__file__", None) == file]:
        del sys.modules[name]


class FileReader:
    """One read: imports `file` of the bundle below `bundle_path` and gathers what came of it."""

    def __init__(self, request: dict):
        self.file = request["file"]
        self.bundle_path = Path(request["bundle_path"])
        self.bundle_name = request.get("bundle_name") or "dags-folder"
        self.safe_mode = request.get("safe_mode", True)
        self.errors: list[dict] = []
        self.warnings: list[str] = []
        self.skipped = False
        self.lines: dict[str, int] = {}

    @property
    def relative(self) -> str:
        try:
            return str(Path(self.file).relative_to(self.bundle_path))
        except ValueError:
            return self.file

    def load(self):
        """Airflow's own bag after reading the file; what went wrong is in `errors`."""
        bag = recording_bag()(
            self,
            dag_folder=self.file, bundle_path=self.bundle_path, bundle_name=self.bundle_name, collect_dags=False,
            load_op_links=False,
        )
        with self.recording_lines(), warnings.catch_warnings():
            warnings.simplefilter("default")
            bag.process_file(self.file, only_if_updated=False, safe_mode=self.safe_mode)
        self.skipped = bag.has_logged
        self.warnings += [text for texts in bag.captured_warnings.values() for text in texts]
        self.drop_duplicates(bag)
        known = {error["file"] for error in self.errors}
        for path, text in bag.import_errors.items():
            if self.shown(path) not in known:
                self.errors.append(self.error_from_text(path, text))
        return bag

    @contextlib.contextmanager
    def recording_lines(self):
        """Remembers the line at which each DAG is made, for errors that carry no traceback (a cycle, a duplicate)."""
        from airflow.sdk import DAG

        original = DAG.__attrs_post_init__

        def recording(dag, *args, **kwargs):
            line = self.line_of_caller()
            if line:
                self.lines[str(id(dag))] = line
            return original(dag, *args, **kwargs)

        DAG.__attrs_post_init__ = recording
        try:
            yield
        finally:
            DAG.__attrs_post_init__ = original

    def line_of_caller(self) -> int | None:
        frame = sys._getframe(2)
        while frame:
            if frame.f_code.co_filename == self.file:
                return frame.f_lineno
            frame = frame.f_back
        return None

    def drop_duplicates(self, bag) -> None:
        for dag_id in sorted(bag.duplicates):
            bag.dags.pop(dag_id, None)
            lines = lines_with(self.file, dag_id)
            message = f"the file defines dag_id {dag_id!r} more than once; give each DAG an id of its own"
            self.errors.append(self.error(self.relative, lines[-1] if lines else 1, message, ""))

    def add_dag_error(self, dag, error: Exception) -> None:
        line = self.lines.get(str(id(dag))) or 1
        text = with_place(traceback.format_exc(limit=-TRACEBACK_DEPTH), self.file, line)
        self.errors.append(self.error(self.relative, line, message_of(error), text))

    def error_from_text(self, path: str, text: str) -> dict:
        """Airflow's import error, a traceback or a bare message, with its place."""
        text = trimmed(text, self.file)
        places = FRAME.findall(text)
        ours = [int(line) for name, line in places if self.shown(name) == self.shown(path)]
        line = ours[-1] if ours else (min(self.lines.values()) if self.lines else 1)
        return self.error(path, line, final_message(text), text if places else "")

    def shown(self, path: str) -> str:
        try:
            return str(Path(path).relative_to(self.bundle_path))
        except ValueError:
            return path

    def error(self, path: str, line: int, message: str, text: str) -> dict:
        shown = self.shown(path)
        if not text:
            text = f'  File "{path if os.path.isabs(path) else self.bundle_path / path}", line {line}\n{message}\n'
        return {"file": shown, "line": line, "message": message, "traceback": text}

    def serialize(self, bag) -> list[dict]:
        from airflow.models.serialized_dag import SerializedDagModel
        from airflow.serialization.serialized_objects import DagSerialization

        from . import native

        answer = []
        for dag_id in sorted(bag.dags):
            dag = bag.dags[dag_id]
            try:
                data = DagSerialization.to_dict(dag)
                entry = {"dag_id": dag_id, "serialized": data, "hash": SerializedDagModel.hash(json_copy(data))}
                entry["native"], entry["python_only"] = native.describe(dag)
                if weights := custom_weights(dag):
                    entry["weights"] = weights
                answer.append(entry)
            except Exception as error:
                self.add_dag_error(dag, error)
        return answer


@functools.lru_cache(maxsize=None)
def recording_bag():
    """Airflow's bag, which also keeps the tracebacks that Airflow only logs, and notes duplicates."""
    from airflow.dag_processing.dagbag import BundleDagBag

    class RecordingBag(BundleDagBag):
        log = _Silence()

        def __init__(self, reader: FileReader, **arguments):
            self.reader = reader
            self.duplicates: set[str] = set()
            super().__init__(**arguments)

        def bag_dag(self, dag):
            known = self.dags.get(dag.dag_id)
            try:
                super().bag_dag(dag)
            except Exception as error:
                self.reader.add_dag_error(dag, error)
                raise
            if known is not None and known is not dag:
                self.duplicates.add(dag.dag_id)

    return RecordingBag


class _Silence:
    """A logger that says nothing: formatting tracebacks for a log nobody reads costs more than the import."""

    def __getattr__(self, name):
        return lambda *args, **kwargs: None


def read(request: dict, fds: list[int], trace_fd: int) -> int:
    enter(request, fds[1] if len(fds) > 1 else None, trace_fd)
    write_answer(fds[0], answer(request, trace_fd))
    return 0


def answer(request: dict, trace_fd: int) -> dict:
    """What the file of `request` holds, within the limits that `enter` set."""
    from .loaded import LoadedFiles

    started = time.monotonic()
    reader = FileReader(request)
    with LoadedFiles(reader.file, request["bundle_path"]) as loaded:
        arm(request, trace_fd)
        bag = reader.load()
        disarm()
        dags = reader.serialize(bag)
        dependencies = loaded.paths(template_folders(bag))
    return {
        "dags": dags,
        "dependencies": dependencies,
        "import_errors": reader.errors,
        "warnings": reader.warnings,
        "skipped": reader.skipped,
        "sdk_version": sdk_version(),
        "duration": round(time.monotonic() - started, 6),
    }


def template_folders(bag) -> list[str]:
    """Where the DAGs' templates may be besides the folders of their files."""
    return [os.fspath(folder) for dag in bag.dags.values() for folder in dag.template_searchpath or ()]


def write_answer(fd: int, answer: dict) -> None:
    write_all(fd, encoded(answer))


def encoded(answer: dict) -> bytes:
    return json.dumps(answer, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


def write_all(fd: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view):]


def custom_weights(dag) -> dict[str, int]:
    """What a weight rule of the author's own gives for the first try of each task that has one."""
    from airflow.task.priority_strategy import validate_and_load_priority_weight_strategy

    weights = {}
    for task in dag.tasks:
        given = task.partial_kwargs.get("weight_rule") if task.is_mapped else task.weight_rule
        rule = validate_and_load_priority_weight_strategy(given)
        if type(rule).__module__ == "airflow.task.priority_strategy":
            continue
        ti = types.SimpleNamespace(
            dag_id=dag.dag_id, task_id=task.task_id, task=task, pool=task.pool, queue=task.queue, map_index=-1,
            run_id="", try_number=0)
        weights[task.task_id] = int(rule.get_weight(ti))
    return weights


def sdk_version() -> str:
    import airflow.sdk

    return airflow.sdk.__version__


def furnish() -> None:
    """Makes every fork a place where an author's file may run; done once, because each page it touches is paid for
    again in each fork."""
    from airflow.dag_processing import dagbag
    from airflow.dag_processing.importers import python_importer
    from airflow.sdk.execution_time.supervisor import block_orm_access

    os.environ["_AIRFLOW_PROCESS_CONTEXT"] = "client"
    python_importer.log = dagbag.log = _Silence()
    # Airflow installs a Python handler for SIGSEGV, which never gets to run and turns a crash into a loop.
    quiet = types.SimpleNamespace(**{name: getattr(signal, name) for name in dir(signal)})
    quiet.signal = lambda number, handler: None if number == signal.SIGSEGV else signal.signal(number, handler)
    python_importer.signal = quiet
    block_orm_access()


def enter(request: dict, comms_fd: int | None, trace_fd: int) -> None:
    """What a forked reader sets for itself: its time limit, where its last words go, whom it may ask."""
    from airflow import settings

    os.environ["AIRFLOW__CORE__DAGBAG_IMPORT_ERROR_TRACEBACK_DEPTH"] = str(TRACEBACK_DEPTH)
    gc.set_threshold(50_000, 20, 100)
    limit = request.get("time_limit") or 0
    settings.get_dagbag_import_timeout = lambda _: limit
    # A crash leaves the Python stack in `trace_fd`.
    faulthandler.enable(file=trace_fd, all_threads=False)
    record_exit(trace_fd)
    if comms_fd is not None:
        connect(comms_fd)


def arm(request: dict, trace_fd: int) -> None:
    """A loop that swallows the time limit's exception leaves the Python stack in `trace_fd` as well."""
    if limit := request.get("time_limit"):
        faulthandler.dump_traceback_later(limit + TRACE_DELAY, file=trace_fd)


def disarm() -> None:
    faulthandler.cancel_dump_traceback_later()


def record_exit(trace_fd: int) -> None:
    """`os._exit` in a file ends the read without an exception; this leaves its place behind."""
    leave = os._exit

    def recording(status):
        os.write(trace_fd, f"os._exit({status})\n{''.join(traceback.format_stack()[:-1])}".encode())
        leave(status)

    os._exit = recording


def connect(fd: int) -> None:
    """Lets the file ask for variables and connections, over Airflow's own protocol."""
    from airflow.sdk.execution_time import comms, task_runner

    task_runner.SUPERVISOR_COMMS = comms.CommsDecoder(socket=socket.socket(fileno=os.dup(fd)))


def trimmed(text: str, file: str) -> str:
    """A traceback without the frames between the importer and the file itself."""
    header = "Traceback (most recent call last):\n"
    start = text.find(f'  File "{file}"')
    if start < 0 or not text.startswith(header) or "\n\n" in text[:start]:
        return text
    return header + text[start:]


def with_place(text: str, file: str, line: int) -> str:
    """The traceback of an error found after the import: the DAG's place stands where the frames of this module do."""
    kept: list[str] = []
    ours = False
    for row in text.splitlines(keepends=True):
        if row.startswith('  File "'):
            ours = os.path.dirname(__file__) in row
        elif not row.startswith("    "):
            ours = False
        if not ours:
            kept.append(row)
        elif row.startswith('  File "') and f'  File "{file}", line {line}\n' not in kept:
            kept.append(f'  File "{file}", line {line}\n')
    return "".join(kept)


def final_message(text: str) -> str:
    """What a traceback says below its last frame: `SyntaxError: invalid syntax`."""
    lines = text.rstrip().splitlines() or ["the import ended without a message"]
    frames = [number for number, line in enumerate(lines) if FRAME.match(line)]
    below = lines[frames[-1] + 1:] if frames else lines
    return next((line for line in below if line and not line[0].isspace()), lines[-1])


def message_of(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def json_copy(data: dict) -> dict:
    """Airflow's hash removes `fileloc` from what it is given."""
    return {**data, "dag": dict(data["dag"])}


def lines_with(file: str, dag_id: str) -> list[int]:
    """The lines at which `file` writes `dag_id` as a string."""
    try:
        with open(file, encoding="utf-8") as source:
            tree = ast.parse(source.read())
    except (OSError, SyntaxError, UnicodeDecodeError):
        return []
    nodes = (node for node in ast.walk(tree) if isinstance(node, ast.Constant) and node.value == dag_id)
    return sorted(node.lineno for node in nodes)
