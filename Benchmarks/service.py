"""What `pipeline scheduler` weighs and how fast it is: memory and processor while nothing is due, start, due runs, a burst,
what a crash costs, what a long history costs.

    python3 Benchmarks/service.py --pipeline .build/release/pipeline --python .venv/bin/python \
        [--only idle,due,burst,recovery,history]

Airflow's figures for the same loads (3.3.2, LocalExecutor, PostgreSQL, two cores, all defaults): 885 MiB PSS without the
database, 42 to 83 % of a core while nothing is due, 10 to 18 s to healthy, 6.1 tasks a second in the burst.
"""

from __future__ import annotations

import argparse
import json
import os
import pathlib
import signal
import socket
import sqlite3
import statistics
import subprocess
import tempfile
import time

FILES, SCHEDULED = 204, 100

PYTHON_DAG = """
from datetime import datetime
from airflow.sdk import DAG
from airflow.providers.standard.operators.bash import BashOperator
with DAG("idle_{n}", schedule={schedule!r}, start_date=datetime(2026, 1, 1), is_paused_upon_creation=False):
    BashOperator(task_id="a", bash_command="true") >> BashOperator(task_id="b", bash_command="true")
"""


class Service:
    def __init__(self, options: argparse.Namespace, folder: pathlib.Path) -> None:
        self.program, self.folder = options.pipeline.resolve(), folder
        (folder / "dags").mkdir()
        self.environment = {key: value for key, value in os.environ.items() if not key.startswith("PIPELINE_")}
        self.environment |= {"PIPELINE_HOME": str(folder / "home"), "PIPELINE_DAGS_FOLDER": str(folder / "dags"),
                             "PIPELINE_PYTHON": str(options.python.absolute())}
        self.log = folder / "scheduler.log"

    def call(self, *words: str) -> str:
        return subprocess.run([self.program, *words], env=self.environment, check=True, capture_output=True, text=True).stdout

    def start(self, until: str) -> tuple[subprocess.Popen, float]:
        """The process, and the seconds until it has said `until`."""
        self.log.write_text("")
        begun = time.monotonic()
        process = subprocess.Popen([self.program, "scheduler"], env=self.environment, stderr=open(self.log, "ab"))
        self.wait(until)
        return process, time.monotonic() - begun

    def wait(self, text: str, limit: float = 300) -> None:
        end = time.monotonic() + limit
        while text not in self.log.read_text():
            if time.monotonic() > end:
                raise SystemExit(f"the scheduler has not said '{text}':\n{self.log.read_text()[-2000:]}")
            time.sleep(0.005)

    def stop(self, process: subprocess.Popen) -> None:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)


def tree(pid: int) -> list[int]:
    found = [pid]
    for task in pathlib.Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            found += tree(int(child))
    return found


def pss(pid: int) -> float:
    """MiB of a process with its children, shared pages by their share."""
    total = 0
    for one in tree(pid):
        for line in pathlib.Path(f"/proc/{one}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1])
    return total / 1024


def processor(pid: int) -> float:
    """Seconds of a process with its children."""
    ticks = 0
    for one in tree(pid):
        fields = pathlib.Path(f"/proc/{one}/stat").read_text().rsplit(")", 1)[1].split()
        ticks += sum(int(field) for field in fields[11:15])
    return ticks / os.sysconf("SC_CLK_TCK")


def idle(service: Service) -> None:
    for number in range(FILES):
        schedule = "0 0 1 1 *" if number < SCHEDULED else None
        (service.folder / "dags" / f"idle_{number}.py").write_text(PYTHON_DAG.format(n=number, schedule=schedule))
    said = f"{FILES} DAGs in"
    process, seconds = service.start(said)
    print(f"  first start, {FILES} files read: {seconds:.2f} s")
    time.sleep(5)
    service.stop(process)
    times = []
    for _ in range(5):
        process, seconds = service.start("leads as")
        times.append(seconds)
        service.wait(said)
        service.stop(process)
    print(f"  start to leading: {statistics.median(times):.3f} s (bar 0.3; Airflow 10-18)")
    process, seconds = service.start(said)
    print(f"  start to all DAGs known: {seconds:.3f} s")
    time.sleep(90)
    before, start = processor(process.pid), time.monotonic()
    time.sleep(60)
    share = (processor(process.pid) - before) / (time.monotonic() - start)
    print(f"  nothing due: {share * 100:.2f} % of a core over 60 s (bar 0.3; Airflow 42-83), "
          f"{len(tree(process.pid))} processes, {pss(process.pid):.1f} MiB PSS (bar 40; Airflow 885)")
    service.stop(process)


def due(service: Service) -> None:
    folder = service.folder / "dags" / "minutely"
    folder.mkdir()
    dag = {"schedule": "* * * * *", "start_date": "2026-01-01", "is_paused_upon_creation": False, "tasks": {
        "a": {"operator": "BashOperator", "bash_command": "true"}}}
    (folder / "dag.yaml").write_text(json.dumps({f"due_{n}": dag for n in range(20)}))
    process, _ = service.start("20 DAGs in")
    time.sleep(130)
    delays = []
    for number in range(20):
        for run in json.loads(service.call("runs", "list", f"due_{number}", "-o", "json")):
            states = json.loads(service.call("tasks", "states", f"due_{number}", run["run_id"], "-o", "json"))
            delays.append(instant(states[0]["start_date"]) - instant(run["run_after"]))
    service.stop(process)
    delays = sorted(delay for delay in delays if delay < 30)
    print(f"  {len(delays)} due runs: first task {statistics.median(delays) * 1000:.1f} ms after its time at the median (bar 20), "
          f"{delays[-1] * 1000:.0f} ms at most")


def instant(text: str) -> float:
    import datetime

    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def burst(service: Service) -> None:
    folder = service.folder / "dags" / "burst"
    folder.mkdir()
    tasks = {f"t{n}": {"operator": "BashOperator", "bash_command": "true"} for n in range(10)}
    dag = {"start_date": "2026-01-01", "is_paused_upon_creation": False, "tasks": tasks}
    (folder / "dag.yaml").write_text(json.dumps({f"burst_{n}": dag for n in range(100)}))
    for number in range(100):
        service.call("dags", "trigger", f"burst_{number}", "-r", "r")
    process, _ = service.start("leads as")
    end = time.monotonic() + 120
    while service.log.read_text().count(" success") < 100 and time.monotonic() < end:
        time.sleep(0.1)
    service.stop(process)
    states = [json.loads(service.call("tasks", "states", f"burst_{n}", "r", "-o", "json")) for n in range(100)]
    rows = [row for run in states for row in run]
    span = max(instant(row["end_date"]) for row in rows) - min(instant(row["start_date"]) for row in rows)
    print(f"  100 DAGs of 10 Bash tasks at once: {len(rows) / span:.0f} tasks/s (bar 300; Airflow 6.1)")


def recovery(service: Service) -> None:
    """10,000 tries are running when the process dies; nothing of them is left."""
    folder = service.folder / "dags" / "many"
    folder.mkdir()
    tasks = {f"t{n}": {"operator": "BashOperator", "bash_command": "sleep 1000"} for n in range(100)}
    dag = {"many": {"schedule": None, "start_date": "2026-01-01", "is_paused_upon_creation": False,
                    "max_active_runs": 100, "tasks": tasks}}
    (folder / "dag.yaml").write_text(json.dumps(dag))
    service.environment["PIPELINE_PARALLELISM"] = "1"
    for number in range(100):
        service.call("dags", "trigger", "many", "-r", f"r{number}")
    process, _ = service.start("leads as")
    time.sleep(8)
    process.kill()
    process.wait()
    database = sqlite3.connect(service.folder / "home" / "pipeline.db")
    with database:
        count = database.execute(
            "UPDATE task_instance SET state = 'running', hostname = ?, pid = 4194303, pid_start_time = 1",
            [socket.gethostname()]).rowcount
    database.close()
    process, seconds = service.start("goes on with 100 runs")
    print(f"  {count} active tries: {seconds:.2f} s from the start to all of them settled (bar 2)")
    service.stop(process)


HISTORY_DAGS, HISTORY_RUNS = 10_000, 1_000_000


def history(service: Service) -> None:
    """The turn's latency with an empty store, then beside 10,000 DAGs with 1,000,000 past runs, in turns."""
    folder = service.folder / "dags" / "short"
    folder.mkdir()
    dag = {"short": {"schedule": None, "start_date": "2026-01-01", "is_paused_upon_creation": False, "tasks": {
        f"t{n}": {"operator": "EmptyOperator", "dependencies": [f"t{n - 1}"] if n else []} for n in range(10)}}}
    (folder / "dag.yaml").write_text(json.dumps(dag))
    before = turns(service, "before")
    fill(service.folder / "home" / "pipeline.db")
    after = turns(service, "after")
    print(f"  a run from its request to its end: {before * 1000:.1f} ms in an empty store, {after * 1000:.1f} ms beside "
          f"{HISTORY_RUNS} runs of {HISTORY_DAGS} DAGs: {after / before:.2f} (bar 1.2)")


def turns(service: Service, name: str) -> float:
    process, seconds = service.start("1 DAGs in")
    spans = []
    for number in range(40):
        service.call("dags", "trigger", "short", "-r", f"{name}{number}")
        service.wait(f"{name}{number} success", 30)
        run = json.loads(service.call("runs", "show", "short", f"{name}{number}", "-o", "json"))
        spans.append(instant(run["end_date"]) - instant(run["queued_at"]))
    service.stop(process)
    print(f"  {name}: {seconds:.2f} s from the start to the folder read")
    return statistics.median(spans)


def fill(path: pathlib.Path) -> None:
    """Copies of the first run and of its DAG's row, as many as wanted."""
    database = sqlite3.connect(path)
    for table, key in (("dag", "dag_id"), ("dag_run", "run_id")):
        columns = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
        row = dict(zip(columns, database.execute(f"SELECT * FROM {table} LIMIT 1").fetchone()))
        statement = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"
        with database:
            database.executemany(statement, copies(row, table))
    database.execute("ANALYZE")
    database.close()


def copies(row: dict, table: str):
    if table == "dag":
        for number in range(HISTORY_DAGS):
            yield tuple((row | {"dag_id": f"old_{number}"}).values())
        return
    for number in range(HISTORY_RUNS):
        dates = {key: value + number * 1_000_000 for key, value in row.items()
                 if isinstance(value, int) and key in ("logical_date", "run_after")}
        own = {"dag_id": f"old_{number % HISTORY_DAGS}", "run_id": f"r{number}", "run_type": "scheduled"}
        if "id" in row:
            own["id"] = None
        yield tuple((row | own | dates).values())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pipeline", type=pathlib.Path, required=True)
    parser.add_argument("--python", type=pathlib.Path, required=True)
    parser.add_argument("--only", default="idle,due,burst,recovery,history")
    options = parser.parse_args()
    for name in options.only.split(","):
        print(name, flush=True)
        with tempfile.TemporaryDirectory() as folder:
            LOADS[name](Service(options, pathlib.Path(folder)))


LOADS = {"idle": idle, "due": due, "burst": burst, "recovery": recovery, "history": history}

if __name__ == "__main__":
    main()
