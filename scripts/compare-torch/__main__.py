"""Compares the tensor core with PyTorch and ONNX Runtime: operations, training, checkpoints, speed.

    python3 scripts/compare-torch --pipeline .build/release/pipeline [--python PYTHON] [--only operations,parity,speed]

Makes its own environment under --output unless --python names one that has requirements.txt. Prints one table, writes
results.json, and ends with status 1 when a bar is missed. Speed needs a release build and an otherwise idle machine.
"""

from __future__ import annotations

import argparse
import json
import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

PARTS = ("operations", "parity", "speed")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="compare-torch", description=__doc__.splitlines()[0])
    parser.add_argument("--pipeline", type=pathlib.Path, required=True, help="the program, a release build")
    parser.add_argument("--python", type=pathlib.Path, help="Python with requirements.txt; left out: one is made")
    parser.add_argument("--output", type=pathlib.Path, default=pathlib.Path(".build/compare-torch"))
    parser.add_argument("--only", default=",".join(PARTS), help="parts, separated by commas")
    parser.add_argument("--steps", type=int, default=5, help="steps of a measurement of speed")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    unknown = set(options.only.split(",")) - set(PARTS)
    if unknown:
        parser.error(f"--only: {', '.join(sorted(unknown))} unknown, parts are {', '.join(PARTS)}")
    return options


def outside(options: argparse.Namespace) -> int:
    """Runs this again with the environment's Python."""
    from environment import ready

    python = options.python or ready(options.output / "venv")
    words = [str(python), str(HERE), "--inside", "--pipeline", str(options.pipeline), "--output", str(options.output)]
    return subprocess.run([*words, "--only", options.only, "--steps", str(options.steps)]).returncode


def inside(options: argparse.Namespace) -> int:
    import operations
    import parity
    import speed
    from checks import table
    from pipeline_side import Pipeline

    output = options.output.resolve()
    output.mkdir(parents=True, exist_ok=True)
    pipeline = Pipeline(options.pipeline)
    parts = {
        "operations": lambda: operations.run(output), "parity": lambda: parity.run(pipeline, output),
        "speed": lambda: speed.run(pipeline, output, options.steps),
    }
    checks = []
    for name in options.only.split(","):
        print(f"{name} ...", file=sys.stderr)
        checks += parts[name]()
    print(table(checks))
    document = {"load": os.getloadavg(), "checks": [check.document() for check in checks]}
    (output / "results.json").write_text(json.dumps(document, indent=1) + "\n")
    return 0 if all(check.passed for check in checks) else 1


def main() -> int:
    options = arguments()
    return inside(options) if options.inside else outside(options)


if __name__ == "__main__":
    sys.exit(main())
