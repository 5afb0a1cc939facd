"""Runs in Airflow's own Python: lists the DAGs and writes their serialized JSON.

    python examples.py OUTPUT_FOLDER              the example DAGs that are installed
    python examples.py OUTPUT_FOLDER DAG_FOLDER   the DAGs of a folder

OUTPUT_FOLDER/dags.json gets the version, the folders, and for each DAG its id, file and folder. Standard output is no
place for it: importing the examples writes log lines there.
"""

from __future__ import annotations

import importlib
import json
import pathlib
import sys

import airflow
from airflow.dag_processing.dagbag import DagBag
from airflow.serialization.serialized_objects import DagSerialization

MODULES = {
    "core": "airflow.example_dags",
    "standard": "airflow.providers.standard.example_dags",
    "cncf": "airflow.providers.cncf.kubernetes.example_dags",
}


def folder_of(module: str) -> str | None:
    """The folder of a package, or nothing when it is not shipped in the installed wheel."""
    try:
        return next(iter(importlib.import_module(module).__path__))
    except ModuleNotFoundError:
        return None


def describe(output: pathlib.Path, folders: dict[str, str | None]) -> dict:
    """Reads each folder as Airflow reads it, and keeps what its serializer makes of each DAG."""
    found = {"airflow_version": airflow.__version__, "folders": folders, "dags": [], "import_errors": {}}
    for name, folder in folders.items():
        if folder is None:
            continue
        bag = DagBag(dag_folder=folder)
        found["import_errors"] |= bag.import_errors
        for dag_id, dag in sorted(bag.dags.items()):
            serialized = DagSerialization.to_dict(dag)
            (output / "serialized" / f"{dag_id}.json").write_text(json.dumps(serialized, indent=1, sort_keys=True) + "\n")
            file = str(pathlib.Path(dag.fileloc).relative_to(folder))
            found["dags"].append({"dag_id": dag_id, "file": file, "folder": name})
    return found


if __name__ == "__main__":
    target = pathlib.Path(sys.argv[1])
    examples = {name: folder_of(module) for name, module in MODULES.items()}
    chosen = {"dags": sys.argv[2]} if len(sys.argv) > 2 else examples
    (target / "dags.json").write_text(json.dumps(describe(target, chosen), indent=1) + "\n")
