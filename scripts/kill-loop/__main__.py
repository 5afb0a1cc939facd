"""Kills a scheduler again and again in the middle of its work, and looks at what is left.

    python3 scripts/kill-loop --pipeline .build/release/pipeline [--kills 200] [--tasks 2000] [--postgresql URL]

A DAG of shell tasks runs in several runs. Each task holds a lock while it works, so that two of one task at once are seen,
and writes a line when it is done. SIGKILL hits the scheduler at random moments. With --postgresql the store is there;
with --restart-postgresql COMMAND that command is called every 20 seconds, and with --pauses N the leader is N times
stopped for longer than its lease lasts while another one stands by, and then goes on. At the end every run has to be a success, each
task's work done, no task twice at once, and nothing may run any more. Status 1 otherwise. Bounded by --limit seconds.
"""

from __future__ import annotations

import argparse
import collections
import json
import os
import pathlib
import random
import shlex
import signal
import subprocess
import sys
import tempfile
import time

RUNS = 10

TASK = """
exec 9> "$FOLDER/locks/$KEY"
flock -n 9 || { echo "$KEY" >> "$FOLDER/twice"; exit 1; }
sleep {seconds}
echo "$KEY" >> "$FOLDER/done"
"""


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="kill-loop", description=__doc__.splitlines()[0])
    parser.add_argument("--pipeline", type=pathlib.Path, required=True)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--tasks", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--limit", type=int, default=1500, help="seconds")
    parser.add_argument("--postgresql", help="URL of an empty database")
    parser.add_argument("--restart-postgresql", help="command that restarts the server, called every 20 seconds")
    parser.add_argument("--pauses", type=int, default=0, help="PostgreSQL only")
    return parser.parse_args()


class Loop:
    def __init__(self, options: argparse.Namespace, folder: pathlib.Path) -> None:
        self.options, self.folder = options, folder
        self.random = random.Random(options.seed)
        self.deadline = time.monotonic() + options.limit
        self.kills = self.restarts = self.pauses = 0
        self.restarted_at = time.monotonic()
        self.environment = {key: value for key, value in os.environ.items() if not key.startswith("PIPELINE_")}
        self.environment |= {"PIPELINE_HOME": str(folder / "home"), "PIPELINE_DAGS_FOLDER": str(folder / "dags"),
                             "PIPELINE_PARALLELISM": "6"}
        if options.postgresql:
            self.environment["PIPELINE_DATABASE_URL"] = options.postgresql

    def pipeline(self, *words: str) -> str:
        """Output of a command; a server that is being restarted is asked again."""
        for _ in range(30):
            done = subprocess.run([self.options.pipeline, *words], env=self.environment, capture_output=True, text=True)
            if done.returncode == 0:
                return done.stdout
            time.sleep(1)
        raise SystemExit(f"pipeline {' '.join(words)}: {done.stderr}")

    def write_dag(self) -> None:
        (self.folder / "dags" / "loop").mkdir(parents=True)
        (self.folder / "locks").mkdir()
        tasks = {}
        for index in range(self.options.tasks // RUNS):
            seconds = self.random.choice(["0.05", "0.1", "0.2", "0.3"])
            script = TASK.replace("{seconds}", seconds).replace("$FOLDER", shlex.quote(str(self.folder)))
            tasks[f"t{index}"] = {
                "operator": "airflow.providers.standard.operators.bash.BashOperator",
                "bash_command": 'KEY="{{ run_id }}-{{ ti.task_id }}"\n' + script,
                "dependencies": [f"t{index - 10}"] if index >= 10 else [],
            }
        dag = {"loop": {
            "schedule": None, "start_date": "2026-01-01", "is_paused_upon_creation": False, "max_active_runs": RUNS,
            "default_args": {"retries": 20, "retry_delay_sec": 0}, "tasks": tasks}}
        (self.folder / "dags" / "loop" / "dag.yaml").write_text(json.dumps(dag))

    def run(self) -> list[str]:
        self.write_dag()
        for number in range(RUNS):
            self.pipeline("dags", "trigger", "loop", "-r", f"r{number}")
        log = open(self.folder / "scheduler.log", "ab")
        while self.kills < self.options.kills:
            if time.monotonic() > self.deadline:
                return [f"only {self.kills} kills within {self.options.limit} s"]
            if self.pauses < self.options.pauses and self.kills >= self.pauses * self.options.kills // self.options.pauses:
                self.pause(log)
            self.live(log, self.random.uniform(0.2, 1.5))
        return self.finish(log)

    def pause(self, log) -> None:
        """The leader stands still for longer than its lease lasts, and goes on beside the one that has taken over."""
        self.pauses += 1
        leader = self.start(log)
        time.sleep(2)
        standby = self.start(log)
        time.sleep(self.random.uniform(0.2, 1.0))
        leader.send_signal(signal.SIGSTOP)
        time.sleep(8)
        leader.send_signal(signal.SIGCONT)
        time.sleep(1.5)
        for process in (leader, standby):
            process.kill()
            process.wait()

    def start(self, log) -> subprocess.Popen:
        return subprocess.Popen([self.options.pipeline, "scheduler"], env=self.environment, stdout=log, stderr=log)

    def live(self, log, seconds: float) -> None:
        process = self.start(log)
        time.sleep(seconds)
        self.restart_server(seconds)
        process.send_signal(signal.SIGKILL)
        process.wait()
        self.kills += 1

    def restart_server(self, seconds: float) -> None:
        """While a scheduler works, which then goes on for a while."""
        command = self.options.restart_postgresql
        if command and time.monotonic() - self.restarted_at > 20:
            self.restarted_at = time.monotonic()
            subprocess.run(command, shell=True, check=True)
            self.restarts += 1
            time.sleep(seconds)

    def finish(self, log) -> list[str]:
        process = self.start(log)
        try:
            while self.states().get("queued", 0) + self.states().get("running", 0):
                if time.monotonic() > self.deadline:
                    return [f"runs did not end within {self.options.limit} s: {dict(self.states())}"]
                time.sleep(1)
        finally:
            process.terminate()
            process.wait()
        return self.problems()

    def states(self) -> collections.Counter:
        runs = json.loads(self.pipeline("runs", "list", "loop", "-o", "json"))
        return collections.Counter(run["state"] for run in runs)

    def problems(self) -> list[str]:
        found = []
        if self.states() != {"success": RUNS}:
            found.append(f"runs: {dict(self.states())}")
        twice = self.folder / "twice"
        if twice.exists():
            found.append(f"twice at once: {sorted(set(twice.read_text().split()))}")
        done = set((self.folder / "done").read_text().split())
        wanted = {f"r{run}-t{index}" for run in range(RUNS) for index in range(self.options.tasks // RUNS)}
        if done != wanted:
            found.append(f"not done: {sorted(wanted - done)}")
        return found


def main() -> int:
    options = arguments()
    options.pipeline = options.pipeline.resolve()
    with tempfile.TemporaryDirectory(prefix="kill-loop-") as name:
        loop = Loop(options, pathlib.Path(name))
        start = time.monotonic()
        problems = loop.run()
        lines = (loop.folder / "done").read_text().splitlines() if (loop.folder / "done").exists() else []
        print(f"{loop.kills} kills, {loop.pauses} pauses, {loop.restarts} restarts of the server, "
              f"{len(set(lines))} tasks done in {len(lines)} goes, {time.monotonic() - start:.0f} s")
        for problem in problems:
            print(f"PROBLEM: {problem}")
        if problems:
            print((loop.folder / "scheduler.log").read_text()[-3000:])
        return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
