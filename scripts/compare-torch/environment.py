"""The Python environment of the comparison: made once, under .build."""

from __future__ import annotations

import pathlib
import subprocess
import sys
import venv

HERE = pathlib.Path(__file__).resolve().parent


def ready(folder: pathlib.Path) -> pathlib.Path:
    """The Python of the environment in `folder`, which is made where it is missing or its requirements have changed."""
    python = folder / "bin" / "python"
    stamp, wanted = folder / "requirements.txt", (HERE / "requirements.txt").read_text()
    if stamp.exists() and stamp.read_text() == wanted:
        return python
    print("making the environment (PyTorch is some 200 MB) ...", file=sys.stderr)
    venv.create(folder, with_pip=True, clear=True)
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    # The build for processors alone where the index has one; PyPI's own brings CUDA libraries along.
    subprocess.run([*pip, "--prefer-binary", "-r", HERE / "requirements.txt"], check=True)
    stamp.write_text(wanted)
    return python
