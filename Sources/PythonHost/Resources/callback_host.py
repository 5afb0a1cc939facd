"""Runs callbacks of DAGs and tasks that no task process has run, in a forked child: with Airflow's own code.

The supervisor speaks the runner's protocol on `requests`. Its first frame says what to run:

    DagFileParseRequest   with `callback_requests`: what Airflow's DAG processor is sent (callbacks, e-mails)
    ExecuteCallback       `path`, `kwargs` and `context` (serde form), `dag_rel_path`, `bundle_path`: what Airflow's
                          callback supervisor runs for a `SyncCallback`

The process ends with status 1 when something of it failed; the log says what.
"""

from __future__ import annotations

import sys


def run_callback(request: dict, fds: list[int], trace_fd: int | None):
    """Never returns."""
    from .task_host import bundle_list, run_supervised

    environment = {**(request.get("environment") or {}),
                   "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST": bundle_list(request)}
    # As Airflow does with the bundle's root: callables may stand beside the files that use them.
    if request["bundle_path"] not in sys.path:
        sys.path.append(request["bundle_path"])
    run_supervised({**request, "environment": environment}, fds, main)


def main() -> None:
    import structlog
    from airflow.sdk.execution_time import comms, task_runner
    from pydantic import TypeAdapter

    channel = comms.CommsDecoder(body_decoder=TypeAdapter(dict))
    first = channel._get_response()
    task_runner.SUPERVISOR_COMMS = channel
    if first["type"] == "DagFileParseRequest":
        succeeded = process_requests(first, channel, structlog.get_logger(logger_name="task"))
    else:
        channel.body_decoder = TypeAdapter(comms.ToTask)
        succeeded = execute(first, structlog.get_logger(logger_name="callback_runner"))
    sys.exit(0 if succeeded else 1)


def process_requests(first: dict, channel, log) -> bool:
    from airflow.dag_processing import processor
    from pydantic import TypeAdapter

    channel.body_decoder = TypeAdapter(processor.ToDagProcessor)
    watched = Watched(log)
    processor._parse_file(processor.DagFileParseRequest.model_validate(first), watched)
    return watched.failures == 0


class Watched:
    """A logger that counts the errors it is told of, since Airflow's code goes on after each."""

    def __init__(self, log):
        self.log = log
        self.failures = 0

    def exception(self, *args, **kwargs):
        self.failures += 1
        return self.log.exception(*args, **kwargs)

    def error(self, *args, **kwargs):
        self.failures += 1
        return self.log.error(*args, **kwargs)

    def __getattr__(self, name):
        return getattr(self.log, name)


def execute(call: dict, log) -> bool:
    from airflow.sdk.execution_time.callback_supervisor import execute_callback
    from airflow.sdk.serde import deserialize

    kwargs = {**deserialize(call["kwargs"]), "context": deserialize(call["context"])}
    succeeded, _ = execute_callback(call["path"], kwargs, call["dag_rel_path"], call["bundle_path"], log)
    return succeeded
