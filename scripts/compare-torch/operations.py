"""Every operation against PyTorch in double precision: cases are made here, Tests/TorchParityTests runs them."""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import subprocess
import sys

from checks import Check

HERE = pathlib.Path(__file__).resolve().parent
REPOSITORY = HERE.parent.parent


def run(folder: pathlib.Path) -> list[Check]:
    cases, report = folder / "cases", folder / "operations.json"
    shutil.rmtree(cases, ignore_errors=True)
    report.unlink(missing_ok=True)
    for more in ([], ["--large"]):
        subprocess.run([sys.executable, HERE / "cases.py", cases, *more], check=True)
    environment = os.environ | {"PIPELINE_TORCH_CASES": str(cases), "PIPELINE_TORCH_REPORT": str(report)}
    # A bound that is missed fails the test, and is in the report all the same.
    subprocess.run(
        ["swift", "test", "--filter", "TorchParityTests"], cwd=REPOSITORY, env=environment, capture_output=True)
    if not report.exists():
        raise SystemExit("swift test --filter TorchParityTests left no report; run it by hand")
    return checks(json.loads(report.read_text()))


def checks(rows: list[dict]) -> list[Check]:
    """The worst case of each operation and result."""
    worst: dict[tuple[str, str], dict] = {}
    for row in rows:
        key = (row["operation"], row["result"])
        share = float("inf") if row["error"] < 0 else row["error"] / max(row["bound"], 1e-300)
        if row["bound"] == 0 and row["error"] == 0:
            share = 0.0
        if key not in worst or share > worst[key]["share"]:
            worst[key] = row | {"share": share}
    return [
        Check(
            f"{operation}, {result}", float("inf") if row["error"] < 0 else row["error"], at_most=row["bound"],
            note=f"{row['case']} on {row['device']}")
        for (operation, result), row in sorted(worst.items())
    ]
