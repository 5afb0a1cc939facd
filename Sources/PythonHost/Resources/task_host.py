"""Runs tries of tasks with Airflow's own task runner, in forked children.

The four sockets of a try come from the supervisor, which speaks the runner's protocol on `requests`. A *warm* host is
a fork that has one DAG file parsed already and serves tries of that file from there.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import logging
import os
import socket
import sys
import threading
from pathlib import Path

# Libraries that keep a random state or threads of their own: a copy of it in every try would not be a fresh process.
STATEFUL = ("numpy", "torch", "tensorflow", "jax", "grpc", "pyarrow")


# What every try imports or works out for itself when it runs.
LAZY = ("airflow.dag_processing.bundles.local", "airflow.sdk._shared.logging.factory",
        "airflow.sdk._shared.logging.remote", "airflow.sdk.definitions.asset.metadata", "encodings.ascii",
        "encodings.idna", "jinja2.ext", "setproctitle", "stringprep")


def prepare() -> None:
    """Imports, once and before any fork, what every try needs."""
    from airflow.sdk.execution_time import supervisor, task_runner  # noqa: F401
    from airflow.sdk.log import load_remote_log_handler

    for name in LAZY:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    load_remote_log_handler()
    share_adapters()
    configure_logs_at_once()


def share_adapters() -> None:
    """Pydantic works out the validators of the runner's messages anew for each try, which took 15 ms of its 45."""
    from airflow.sdk.execution_time import comms, task_runner
    from pydantic import JsonValue, TypeAdapter

    known: dict = {}

    def adapter(kind, *arguments, **options):
        if arguments or options:
            return TypeAdapter(kind, *arguments, **options)
        # By identity: equal unions may be read differently. The type is kept, so that no other gets its id.
        if id(kind) not in known:
            known[id(kind)] = (kind, TypeAdapter(kind))
        return known[id(kind)][1]

    for module in (comms, task_runner):
        if getattr(module, "TypeAdapter", None) is TypeAdapter:
            module.TypeAdapter = adapter
    for kind in (comms.ToTask, JsonValue):
        adapter(kind)


def configure_logs_at_once() -> None:
    """Each of some 70 loggers that are set up clears the caches of all others; once is enough."""
    from airflow.sdk.execution_time import supervisor

    configure = supervisor._configure_logs_over_json_channel

    def configure_once(*arguments, **options):
        manager = logging.root.manager
        manager._clear_cache = lambda: None
        try:
            configure(*arguments, **options)
        finally:
            del manager._clear_cache
            manager._clear_cache()

    supervisor._configure_logs_over_json_channel = configure_once


def run_task(request: dict, fds: list[int], trace_fd: int | None):
    """Never returns."""
    from airflow.sdk.execution_time import task_runner

    environment = {**(request.get("environment") or {}),
                   "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST": bundle_list(request)}
    run_supervised({**request, "environment": environment}, fds, task_runner.main)


def run_supervised(request: dict, fds: list[int], main):
    """Runs one of the SDK's own main functions with the channels of its supervisor. Never returns: `_fork_main` ends the
    process."""
    from airflow.sdk.execution_time.supervisor import _fork_main

    requests, stdout, stderr = (socket.socket(fileno=os.dup(fd)) for fd in fds[:3])
    logs = os.dup(fds[3])
    for fd in fds:
        os.close(fd)
    # What goes wrong before the runner's own handlers stand shall reach the log of the task.
    os.dup2(stderr.fileno(), 2)
    os.environ.update(request.get("environment") or {})
    sys.dont_write_bytecode = True
    _fork_main(requests, stdout, stderr, logs, main)


def bundle_list(request: dict) -> str:
    return json.dumps([{
        "name": request["bundle_name"],
        "classpath": "airflow.dag_processing.bundles.local.LocalDagBundle",
        "kwargs": {"path": request["bundle_path"]},
    }])


def serve_warm(request: dict, fds: list[int], trace_fd: int | None) -> int:
    """Parses `file`, says on `control` whether tries may be forked from here, and serves them."""
    from . import zygote

    control = socket.socket(fileno=os.dup(fds[0]))
    os.close(fds[0])

    def tell(**event):
        data = json.dumps(event).encode()
        control.sendall(len(data).to_bytes(4, "big") + data)

    try:
        reason = parse(request)
    except BaseException as error:
        reason = f"{type(error).__name__}: {error}"
    if reason:
        tell(event="failed", reason="not_warm", message=reason)
        return 0
    gc.collect()
    gc.freeze()
    zygote.collapse()
    tell(event="ready", pid=os.getpid(), threads=threading.active_count(), versions={})
    zygote.Zygote(control, {"task": run_task}).run()
    return 0


def parse(request: dict) -> str | None:
    """Parses the file as the runner would and makes the runner find it; otherwise says why it must not."""
    from airflow.dag_processing import dagbag

    real = dagbag.BundleDagBag
    before = open_sockets()
    bag = real(dag_folder=request["file"], safe_mode=False, load_op_links=False, collect_dags=False,
               bundle_path=Path(request["bundle_path"]), bundle_name=request["bundle_name"])
    bag.process_file(request["file"], only_if_updated=False, safe_mode=False)
    if bag.import_errors:
        return "the file does not load"
    if len(os.listdir("/proc/self/task")) > 1 or threading.active_count() > 1:
        return "the file starts threads"
    if found := [name for name in STATEFUL if name in sys.modules]:
        return f"the file imports {', '.join(found)}, which keeps state of its own"
    if open_sockets() != before:
        return "the file opens sockets"

    def parsed(*args, **kwargs):
        same = os.fspath(kwargs.get("dag_folder", "")) == request["file"]
        return bag if same else real(*args, **kwargs)

    dagbag.BundleDagBag = parsed
    return None


def open_sockets() -> set[str]:
    links = set()
    for name in os.listdir("/proc/self/fd"):
        try:
            links.add(os.readlink(f"/proc/self/fd/{name}"))
        except OSError:
            continue
    return {link for link in links if link.startswith("socket:")}
