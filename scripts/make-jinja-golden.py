#!/usr/bin/env python3
"""Records what Airflow's own template environment makes of many templates.

Run with a Python that has apache-airflow 3.3.2 and its standard provider; writes Tests/Fixtures/jinja/golden.json.
The Swift test renders the same templates over the same context and must give the same text, the same error, or say that
it leaves the template to Python.

    python scripts/make-jinja-golden.py
"""

from __future__ import annotations

import ast
import copy
import datetime
import json
import pathlib
import sys

import pendulum
from airflow.sdk import DAG
from airflow.sdk.api.datamodels._generated import DagRun
from airflow.sdk.definitions.context import render_template_as_native, render_template_to_string
from airflow.sdk.execution_time.context import MacrosAccessor
from airflow.sdk.timezone import coerce_datetime

ROOT = pathlib.Path(__file__).resolve().parent.parent
OUTPUT = ROOT / "Tests" / "Fixtures" / "jinja" / "golden.json"

# Plain values of the context, the same for both sides.
DATA = {
    "run_id": "manual__2024-02-28T13:45:06+00:00",
    "task_instance_key_str": "example__hello__20240228",
    "partition_key": None,
    "params": {
        "foo": "bar", "miff": "agg", "n": 5, "ratio": 0.25, "flag": True, "off": False, "nothing": None,
        "names": ["zed", "Amy", "bob"], "nested": {"a": {"b": [1, 2, {"c": "deep"}]}},
        "users": [{"name": "ann", "age": 30, "on": True}, {"name": "Bob", "age": 25, "on": False},
                  {"name": "cid", "age": 30, "on": True}],
        "text": "Hello World", "quote": "it's \"fine\"", "unicode": "héllo wörld ☃", "items": [1], "empty": [],
        "emptydict": {}, "path": "s3://bucket/key with space/x?y=1&z=é", "multi": "line one\n  line two\n\nline four",
        "big": 123456789012, "neg": -7, "html": "<a href='x'>T&C</a>", "csv": "a,b,,c", "numstr": "42", "fstr": "3.14",
    },
    "numbers": [3, 1, 2, 10, -4, 1],
    "floats": [1.5, 2.0, 0.1, 1e16, 1e-5, 123456.789, 1e22, -0.0, 100.0, 0.30000000000000004],
    "mixed": ["a", 1, 2.5, None, True, [1, "x"], {"k": "v"}],
    "words": ["banana", "Apple", "cherry", "apple"],
    "conf": {"message": "hi there", "count": 3, "deep": {"x": [10, 20]}},
    "xcoms": {"return_value": {"rows": 7, "path": "/tmp/x", "ids": [1, 2, 3]}, "file_count": 12, "dag_folder": "/dags"},
    "variables": {"env": "prod", "limit": "10", "config": "{\"region\": \"eu\", \"list\": [1, 2]}"},
    "connections": {"db": {"conn_id": "db", "host": "localhost", "port": 5432, "login": "me", "schema": "sales"}},
}


class TaskInstance:
    """Answers xcom_pull from DATA; the other parts of a real task instance belong to the caller's hooks."""

    task_id = "hello"
    dag_id = "example"
    try_number = 2
    map_index = -1

    def xcom_pull(self, task_ids=None, key="return_value"):
        return copy.deepcopy(DATA["xcoms"].get(key))


class Attributes:
    def __init__(self, **values):
        self.__dict__.update(values)


class Variables:
    def __init__(self, parse):
        self.__dict__["_parse"] = parse

    def __getattr__(self, key):
        value = DATA["variables"][key]
        return json.loads(value) if self._parse else value

    def get(self, key, default=None):
        return getattr(self, key) if key in DATA["variables"] else default


class Connections:
    def __getattr__(self, key):
        return Attributes(**DATA["connections"][key])


def make_context():
    data = copy.deepcopy(DATA)
    run = DagRun(
        dag_id="example", run_id=data["run_id"], logical_date="2024-02-28T13:45:06Z",
        data_interval_start="2024-02-27T00:00:00Z", data_interval_end="2024-02-28T00:00:00Z",
        run_after="2024-02-28T00:00:00Z", start_date="2024-02-28T13:46:00.123456Z", end_date=None,
        run_type="manual", state="running", conf=data["conf"], consumed_asset_events=[], clear_number=0, partition_key=None,
    )
    logical_date = coerce_datetime(run.logical_date)
    ts = logical_date.isoformat()
    context = {
        "dag_run": run,
        "logical_date": logical_date,
        "data_interval_start": coerce_datetime(run.data_interval_start),
        "data_interval_end": coerce_datetime(run.data_interval_end),
        "fraction": pendulum.datetime(2023, 12, 31, 23, 59, 58, 120, tz="UTC"),
        "paris": pendulum.datetime(2024, 7, 1, 8, 5, 9, tz="Europe/Paris"),
        "plain": datetime.datetime(2024, 1, 5, 9, 3, 7),
        "ds": logical_date.strftime("%Y-%m-%d"),
        "ds_nodash": logical_date.strftime("%Y%m%d"),
        "ts": ts,
        "ts_nodash": logical_date.strftime("%Y%m%dT%H%M%S"),
        "ts_nodash_with_tz": ts.replace("-", "").replace(":", ""),
        "macros": MacrosAccessor(),
        "ti": TaskInstance(),
        "task_instance": TaskInstance(),
        "dag": Attributes(dag_id="example", timezone_name="UTC"),
        "task": Attributes(task_id="hello", retries=2),
        "var": {"value": Variables(False), "json": Variables(True)},
        "conn": Connections(),
    }
    for key in ("run_id", "task_instance_key_str", "partition_key", "params", "numbers", "floats", "mixed", "words"):
        context[key] = data[key]
    return context


def cases():
    """(group, template) pairs."""
    text = (ROOT / "scripts" / "jinja-cases.txt").read_text()
    for section in text.removeprefix("## ").split("\n## "):
        group, _, body = section.partition("\n")
        if group.startswith("line:"):
            yield from ((group.removeprefix("line:"), line) for line in body.split("\n") if line)
        else:
            yield from ((group, block) for block in body.split("\n===\n"))


def example_templates():
    """Every template of Airflow's example DAGs: string constants, and lines of their SQL and shell files."""
    import airflow.example_dags
    import airflow.providers.standard.example_dags as standard

    seen = set()
    for folder in (airflow.example_dags.__path__[0], standard.__path__[0]):
        for path in sorted(pathlib.Path(folder).rglob("*")):
            if path.suffix in (".sql", ".sh", ".bash"):
                yield from (line for line in path.read_text().split("\n") if "{{" in line)
            if path.suffix != ".py":
                continue
            tree = ast.parse(path.read_text())
            for node in ast.walk(tree):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    text = node.value
                    if ("{{" in text or "{%" in text) and text not in seen:
                        seen.add(text)
                        yield text


def serializable(value):
    """A native result: its type and repr."""
    return {"type": type(value).__name__, "repr": repr(value)}


def record(env, template, native):
    context = make_context()
    try:
        parsed = env.from_string(template)
        if native:
            value = render_template_as_native(parsed, context)
            return {"native": serializable(value)}
        return {"text": render_template_to_string(parsed, context)}
    except Exception as error:  # every exception is a result here
        return {"error": type(error).__name__, "message": str(error).replace(str(ROOT), "")}


def main():
    dag = DAG("example", schedule=None)
    env = dag.get_template_env()
    native = DAG("native", schedule=None, render_template_as_native_obj=True).get_template_env()
    results = []
    for group, template in cases():
        is_native = group.startswith("native")
        results.append({"group": group, "template": template,
                        **record(native if is_native else env, template, is_native)})
    for template in example_templates():
        results.append({"group": "example_dags", "template": template, **record(env, template, False)})
    unstable = [r for r in results if " at 0x" in json.dumps(r)]
    for result in unstable:
        result.pop("text", None)
        result.pop("native", None)
        result["unstable"] = True
    OUTPUT.parent.mkdir(parents=True, exist_ok=True)
    OUTPUT.write_text(json.dumps({"data": DATA, "cases": results}, indent=1, ensure_ascii=False) + "\n")
    errors = sum("error" in r for r in results)
    print(f"{len(results)} cases, {errors} of them errors, {len(unstable)} unstable", file=sys.stderr)


if __name__ == "__main__":
    main()
