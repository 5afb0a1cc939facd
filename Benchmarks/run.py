"""Measures `pipeline` under the loads that real Airflow was measured under, and real Airflow beside it.

    python3 Benchmarks/run.py --pipeline .build/release/pipeline --python PYTHON [--airflow PYTHON] [--postgresql]

PYTHON has apache-airflow installed. Prints one table, writes .build/bench/results.json, and ends with status 1 when a
threshold of Benchmarks/Thresholds is missed. Run it on an otherwise idle machine.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import pathlib
import platform
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "scripts" / "airflow-reference"))

from airflow_side import AirflowSide  # noqa: E402
from database import PostgreSQLDatabase  # noqa: E402
from loads import LOADS, MEMORY, ONE_TASK  # noqa: E402
from pipeline_side import PipelineSide  # noqa: E402
from report import rows, table  # noqa: E402
from thresholds import read_thresholds  # noqa: E402

NAMES = [load.name for load in (*LOADS, ONE_TASK, MEMORY)] + ["read_files"]


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="Benchmarks/run.py", description=__doc__.splitlines()[0])
    parser.add_argument("--pipeline", type=pathlib.Path, help="the program, a release build")
    parser.add_argument("--python", type=pathlib.Path, help="Python with Airflow's Task SDK, for pipeline's own use")
    parser.add_argument("--airflow", type=pathlib.Path, metavar="PYTHON", help="measure real Airflow of this Python too")
    parser.add_argument("--airflow-database", choices=("sqlite", "postgresql"), default="postgresql")
    parser.add_argument("--airflow-results", type=pathlib.Path, metavar="JSON", help="results of an earlier --airflow run")
    parser.add_argument("--postgresql", action="store_true", help="measure with a private PostgreSQL cluster too")
    parser.add_argument("--only", action="append", choices=NAMES, help="these loads only")
    parser.add_argument("--repeats", type=int, default=3, help="runs of each load; the median counts (default 3)")
    parser.add_argument("--airflow-repeats", type=int, default=1, help="the same for Airflow, which is slow (default 1)")
    parser.add_argument("--output", type=pathlib.Path, default=HERE.parent / ".build" / "bench" / "results.json")
    options = parser.parse_args()
    if options.pipeline is None and options.airflow is None:
        parser.error("nothing to measure: give --pipeline PATH, or --airflow PYTHON, or both")
    if options.pipeline is not None and options.python is None:
        parser.error("--pipeline needs --python: Python with apache-airflow installed")
    return options


def measure_pipeline(options: argparse.Namespace, names: set[str], folder: pathlib.Path) -> dict[str, dict]:
    """The figures of each database."""
    program = options.pipeline.resolve()
    results = {"sqlite": PipelineSide(program, options.python, folder / "sqlite", lambda: None).measure(names, options.repeats)}
    if options.postgresql:
        cluster = folder / "cluster"
        cluster.mkdir(mode=0o755)
        server = PostgreSQLDatabase(cluster)
        numbers = itertools.count(1)
        try:
            side = PipelineSide(
                program, options.python, folder / "postgresql", lambda: server.create_database(f"bench_{next(numbers)}")
            )
            results["postgresql"] = side.measure(names, options.repeats)
        finally:
            server.stop()
    return results


def measure_all(options: argparse.Namespace, names: set[str]) -> dict[str, dict]:
    with tempfile.TemporaryDirectory(prefix="pipeline-bench-", ignore_cleanup_errors=True) as name:
        folder = pathlib.Path(name)
        folder.chmod(0o755)
        results = {}
        if options.pipeline is not None:
            results |= measure_pipeline(options, names, folder)
        if options.airflow is not None:
            side = AirflowSide(options.airflow, folder / "airflow", options.airflow_database)
            results["airflow"] = side.measure(names, options.airflow_repeats)
        elif options.airflow_results is not None:
            results["airflow"] = json.loads(options.airflow_results.read_text())["results"]["airflow"]
        return results


def machine() -> dict[str, object]:
    """What the figures were measured on."""
    commit = subprocess.run(["git", "-C", str(HERE), "rev-parse", "HEAD"], capture_output=True, text=True).stdout.strip()
    return {"cores": os.cpu_count(), "machine": platform.machine(), "system": platform.release(), "commit": commit}


def main() -> None:
    options = arguments()
    results = measure_all(options, set(options.only or NAMES))
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(json.dumps({"machine": machine(), "results": results}, indent=1) + "\n")
    if options.pipeline is None:
        print(json.dumps(results, indent=1))
        return
    found = rows(results, read_thresholds())
    print(table(found))
    missed = [row for row in found if row.holds is False]
    print(f"\n{len(missed)} thresholds missed; figures in {options.output}")
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
