"""The process that pays for the SDK import once and forks for every job.

It listens on one inherited stream socket. A message is a 4-byte big-endian length and that many bytes of JSON; file
descriptors travel with the length (SCM_RIGHTS). Requests carry an `id`; events that answer them carry it back:

    read   fds: result [, comms]      import one DAG file, write the answer into the file `result`
    read_many  fds: result            import DAG files as far as one process can, write the answers into `result`
    call   fds: result, payload       evaluate a timetable or weight rule of a DAG file
    task   fds: requests, stdout, stderr, logs    run one try of a task (Airflow's own task runner)
    triggers  fds: requests, stdout, stderr, logs    run the triggers of deferred tasks (Airflow's own trigger runner)
    callback  fds: requests, stdout, stderr, logs    run a callback that no task process has run
    warm   fds: control               fork a host that has one DAG file parsed and listens on `control`
    kill                              signal the process group of job `job`
    drain                             exit as soon as no job is left

    ready | failed                    once, after the start
    started {pid, start_time}         the job is forked
    exited  {status, reason, output}  the job is reaped; `status` is the raw wait status
    refused {message}                 the request made no sense; its descriptors are closed

The end of the control socket is the end of this process and of everything it forked.
"""

from __future__ import annotations

import ctypes
import gc
import importlib.metadata
import json
import os
import resource
import selectors
import signal
import socket
import sys
import threading
import time
import traceback

MAXIMUM_MESSAGE = 1 << 20
MAXIMUM_FDS = 8
OUTPUT_KEPT = 64 * 1024
OUTPUT_CHUNK = 256 * 1024
# How long after its own time limit (which raises inside the file, with a traceback) a job is killed from outside.
KILL_GRACE = 5.0
# How long tasks have between SIGTERM and SIGKILL once the control socket is gone.
ORPHAN_GRACE = 5.0
PR_SET_PDEATHSIG = 1
MADV_COLLAPSE = 25
FDS_OF_COMMAND = {"read": (1, 2), "read_many": (1, 1), "call": (2, 2), "task": (4, 4), "triggers": (4, 4),
                  "callback": (4, 4), "warm": (1, 1), "kill": (0, 0), "drain": (0, 0)}
# Commands that run an author's file for a result: bounded in time, memory and output.
BOUNDED = ("read", "read_many", "call")
# Commands that get SIGTERM and some time when the control socket ends.
GENTLE = ("task", "triggers", "callback")


class Job:
    """One forked child and what is remembered about it."""

    def __init__(self, request: dict, pid: int):
        self.id = request["id"]
        self.command = request["command"]
        self.pid = pid
        self.deadline: float | None = None
        self.killed: str | None = None
        self.output_fd: int | None = None
        self.output = b""
        self.output_size = 0
        self.trace_fd: int | None = None


class Zygote:
    """The event loop. `handlers` maps a command to `function(request, fds)`, run in the forked child."""

    def __init__(self, control: socket.socket, handlers: dict):
        self.control = control
        self.handlers = handlers
        self.jobs: dict[int, Job] = {}
        self.draining = False
        self.selector = selectors.DefaultSelector()
        self.wake_read, self.wake_write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(self.wake_write, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        self.selector.register(control, selectors.EVENT_READ, self.receive)
        self.selector.register(self.wake_read, selectors.EVENT_READ, self.reap)

    def run(self) -> None:
        while not (self.draining and not self.jobs):
            for key, _ in self.selector.select(self.seconds_to_deadline()):
                if key.data() is False:
                    return self.end_everything()
            self.kill_overdue()

    # Messages

    def send(self, **event) -> None:
        data = json.dumps(event).encode()
        try:
            self.control.sendall(len(data).to_bytes(4, "big") + data)
        except OSError:
            pass  # The other side is gone; the next receive says so.

    def receive(self):
        try:
            header, fds, _, _ = socket.recv_fds(self.control, 4, MAXIMUM_FDS, socket.MSG_CMSG_CLOEXEC)
            body = read_rest(self.control, header)
        except (OSError, EOFError):
            return False
        try:
            request = json.loads(body)
            least, most = FDS_OF_COMMAND[request["command"]]
            if not least <= len(fds) <= most:
                raise ValueError(f"{request['command']} needs {least} to {most} descriptors, got {len(fds)}")
            self.dispatch(request, fds)
        except Exception as error:
            self.send(event="refused", id=(request or {}).get("id"), message=f"{type(error).__name__}: {error}")
        finally:
            for fd in fds:
                os.close(fd)

    def dispatch(self, request: dict, fds: list[int]) -> None:
        command = request["command"]
        if command == "kill":
            job = next((job for job in self.jobs.values() if job.id == request["job"]), None)
            if job:
                job.killed = request.get("reason") or job.killed
                kill_group(job.pid, request["signal"])
        elif command == "drain":
            self.draining = True
        else:
            self.start(request, fds)

    # Children

    def start(self, request: dict, fds: list[int]) -> None:
        bounded = request["command"] in BOUNDED
        output_read = output_write = trace_fd = None
        if bounded:
            output_read, output_write = os.pipe2(os.O_CLOEXEC)
            trace_fd = os.memfd_create("pipeline-trace")
        pid = os.fork()
        if pid == 0:
            self.become_child(request, fds, output_write, trace_fd)
        try:
            os.setpgid(pid, pid)
        except OSError:
            pass  # The child was faster, or has already ended.
        job = self.jobs[pid] = Job(request, pid)
        if bounded:
            os.close(output_write)
            self.watch_output(job, output_read, trace_fd)
            if limit := request.get("time_limit"):
                job.deadline = time.monotonic() + limit + request.get("slice", 0) + KILL_GRACE
        self.send(event="started", id=job.id, pid=pid, start_time=start_time_of(pid))

    def become_child(self, request: dict, fds: list[int], output: int | None, trace_fd: int | None):
        """Never returns: whatever happens in a job ends here."""
        status = 70
        try:
            os.setpgid(0, 0)
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
            self.forget()
            if output is not None:
                null = os.open(os.devnull, os.O_RDONLY)
                for source, target in ((null, 0), (output, 1), (output, 2)):
                    os.dup2(source, target)
                limit_resources(request)
            status = self.handlers[request["command"]](request, fds, trace_fd) or 0
        except BaseException:
            traceback.print_exc()
        finally:
            try:
                sys.stdout.flush()
                sys.stderr.flush()
            finally:
                real_exit(status)

    def forget(self) -> None:
        """Closes, in a child, what belongs to the parent's loop."""
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)
        for job in self.jobs.values():
            for fd in (job.output_fd, job.trace_fd):
                if fd is not None:
                    os.close(fd)
        self.jobs = {}
        self.selector.close()
        self.control.close()
        os.close(self.wake_read)
        os.close(self.wake_write)

    def watch_output(self, job: Job, output_fd: int, trace_fd: int) -> None:
        os.set_blocking(output_fd, False)
        job.output_fd, job.trace_fd = output_fd, trace_fd
        self.selector.register(output_fd, selectors.EVENT_READ, lambda: self.drain_output(job))

    def drain_output(self, job: Job) -> None:
        """Keeps the first 64 KiB of what a file prints and throws the rest away, so that printing never blocks."""
        if job.output_fd is None:
            return  # Reaped in the same turn of the loop.
        try:
            data = os.read(job.output_fd, OUTPUT_CHUNK)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.close_output(job)
            return
        job.output_size += len(data)
        if len(job.output) < OUTPUT_KEPT:
            job.output += data[: OUTPUT_KEPT - len(job.output)]

    def close_output(self, job: Job) -> None:
        if job.output_fd is not None:
            self.selector.unregister(job.output_fd)
            os.close(job.output_fd)
            job.output_fd = None

    def reap(self) -> None:
        try:
            os.read(self.wake_read, 4096)
        except BlockingIOError:
            pass
        while self.jobs:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if job := self.jobs.pop(pid, None):
                self.report(job, status)

    def report(self, job: Job, status: int) -> None:
        event = {"event": "exited", "id": job.id, "status": status, "reason": job.killed}
        if job.trace_fd is not None:
            # Whatever the file left running in its group ends with it.
            kill_group(job.pid, signal.SIGKILL)
            before = -1
            while job.output_fd is not None and before != job.output_size and job.output_size < OUTPUT_KEPT:
                before = job.output_size
                self.drain_output(job)
            self.close_output(job)
            event["trace"] = read_all(job.trace_fd)
            event["output"] = job.output.decode("utf-8", "replace")
            event["output_size"] = job.output_size
        self.send(**event)

    # Limits

    def seconds_to_deadline(self) -> float | None:
        deadlines = [job.deadline for job in self.jobs.values() if job.deadline is not None]
        return max(0.0, min(deadlines) - time.monotonic()) if deadlines else None

    def kill_overdue(self) -> None:
        now = time.monotonic()
        for job in self.jobs.values():
            if job.deadline is not None and job.deadline <= now:
                job.deadline, job.killed = None, "time"
                kill_group(job.pid, signal.SIGKILL)

    def end_everything(self) -> None:
        """Reads die at once, tasks get SIGTERM and some time; a warm host has seen the end of its own socket."""
        waiting = {job.pid for job in self.jobs.values() if job.command in (*GENTLE, "warm")}
        for job in self.jobs.values():
            if job.command != "warm":
                kill_group(job.pid, signal.SIGTERM if job.command in GENTLE else signal.SIGKILL)
        end = time.monotonic() + ORPHAN_GRACE + ("warm" in {job.command for job in self.jobs.values()})
        while waiting and time.monotonic() < end:
            waiting = {pid for pid in waiting if not os.waitpid(pid, os.WNOHANG)[0]}
            time.sleep(0.02)
        for pid in waiting:
            kill_group(pid, signal.SIGKILL)


def read_rest(control: socket.socket, header: bytes) -> bytes:
    """The body that belongs to a (possibly short) header; `EOFError` at the end of the stream."""

    def exactly(data: bytes, size: int) -> bytes:
        while len(data) < size:
            chunk = control.recv(size - len(data))
            if not chunk:
                raise EOFError
            data += chunk
        return data

    if not header:
        raise EOFError
    size = int.from_bytes(exactly(header, 4), "big")
    if size > MAXIMUM_MESSAGE:
        raise EOFError
    return exactly(b"", size)


def read_all(fd: int) -> str:
    size = min(os.fstat(fd).st_size, OUTPUT_KEPT)
    data = os.pread(fd, size, 0)
    os.close(fd)
    return data.decode("utf-8", "replace")


def kill_group(pid: int, number: int) -> None:
    try:
        os.killpg(pid, number)
    except ProcessLookupError:
        pass
    except PermissionError:
        os.kill(pid, number)


def start_time_of(pid: int) -> int:
    """Field 22 of /proc/PID/stat: clock ticks since boot. With the pid it names a process for ever."""
    with open(f"/proc/{pid}/stat", "rb") as file:
        return int(file.read().rsplit(b")", 1)[1].split()[19])


def limit_resources(request: dict) -> None:
    if limit := request.get("memory_limit"):
        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
        # Shared and reserved mappings do not count as data; bound them more loosely.
        resource.setrlimit(resource.RLIMIT_AS, (4 * limit, 4 * limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def collapse() -> None:
    """Moves the heap into huge pages where the kernel can (Linux 6.1): a fork then copies far fewer page tables."""
    libc = ctypes.CDLL(None)
    with open("/proc/self/maps", encoding="ascii", errors="replace") as maps:
        regions = [line.split() for line in maps]
    for fields in regions:
        if fields[1] == "rw-p" and (len(fields) < 6 or fields[5] == "[heap]"):
            start, end = (int(text, 16) for text in fields[0].split("-"))
            libc.madvise(ctypes.c_void_p(start), ctypes.c_size_t(end - start), MADV_COLLAPSE)


real_exit = os._exit


def versions() -> dict:
    def version(name: str) -> str | None:
        try:
            return importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            return None

    names = ("apache-airflow-task-sdk", "apache-airflow-core", "apache-airflow-providers-standard",
             "apache-airflow-providers-cncf-kubernetes")
    return {"python": sys.version.split()[0], **{name: version(name) for name in names}}


def main(control_fd: int) -> None:
    control = socket.socket(fileno=control_fd)
    os.set_inheritable(control_fd, False)

    def tell(**event):
        data = json.dumps(event).encode()
        control.sendall(len(data).to_bytes(4, "big") + data)

    # Thousands of modules are about to stay: collecting between them takes a tenth of the start.
    gc.disable()
    try:
        from . import batch, callback_host, calls, reader, task_host, trigger_host

        reader.prepare()
        task_host.prepare()
    except ModuleNotFoundError as error:
        tell(event="failed", reason="missing_module", module=error.name, message=str(error), versions=versions())
        return
    except BaseException as error:
        tell(event="failed", reason="import_failed", message=f"{type(error).__name__}: {error}",
             traceback=traceback.format_exc(), versions=versions())
        return
    handlers = {"read": reader.read, "read_many": batch.read_many, "call": calls.call, "task": task_host.run_task,
                "triggers": trigger_host.run_triggers, "callback": callback_host.run_callback,
                "warm": task_host.serve_warm}
    gc.collect()
    gc.freeze()
    gc.enable()
    collapse()
    tell(event="ready", pid=os.getpid(), threads=threading.active_count(), versions=versions())
    Zygote(control, handlers).run()
