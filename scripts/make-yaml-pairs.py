"""Writes Tests/Fixtures/yaml/pairs.jsonl: what the reader says of the DAGs in pairs.py, one a line.

Run it in an environment with apache-airflow 3.3 and its standard and cncf-kubernetes providers.
"""

from __future__ import annotations

import importlib.util
import json
import os
import sys
from pathlib import Path

os.environ["AIRFLOW__CORE__LOAD_EXAMPLES"] = "False"
ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "Tests" / "Fixtures" / "yaml"


def load_native():
    folder = ROOT / "Sources" / "PythonHost" / "Resources"
    spec = importlib.util.spec_from_file_location(
        "host", folder / "__init__.py", submodule_search_locations=[str(folder)])
    sys.modules["host"] = importlib.util.module_from_spec(spec)
    return importlib.import_module("host.native")


def main() -> None:
    native = load_native()
    from airflow.dag_processing.dagbag import DagBag
    from airflow.serialization.serialized_objects import DagSerialization

    bag = DagBag(str(FOLDER / "pairs.py"), load_op_links=False)
    for error in bag.import_errors.values():
        sys.exit(error)
    lines = []
    for dag_id in sorted(bag.dags):
        dag = bag.dags[dag_id]
        serialized = DagSerialization.to_dict(dag)
        serialized["dag"] |= {
            "fileloc": "/dags/pairs.py", "relative_fileloc": "pairs.py", "_processor_dags_folder": "/dags"}
        described, python_only = native.describe(dag)
        entry = {"dag_id": dag_id, "serialized": serialized, "native": described, "python_only": python_only}
        lines.append(json.dumps(entry, separators=(",", ":")) + "\n")
    (FOLDER / "pairs.jsonl").write_text("".join(lines))


if __name__ == "__main__":
    main()
