"""Writes Tests/Fixtures/airflowignore/cases.json: trees of files, their .airflowignore files, and what Airflow finds.

Run it in an environment with apache-airflow 3.3.
"""

from __future__ import annotations

import json
import tempfile
import warnings
from pathlib import Path

from airflow._shared.module_loading.file_discovery import find_path_from_directory

warnings.simplefilter("ignore")
FILES = ["a.py", "b.py", "test_a.py", "sub/a.py", "sub/test_b.py", "sub/deep/a.py", "sub/deep/b.py", "other/sub/a.py",
         "build/x.py", "other/build/y.py", "data [1].py", "a#b.py", "sub/Upper.py", "sub/deep/deeper/z.py", "!x.py"]
ROOT = [
    "", "# nothing", "a.py", "/a.py", "*.py", "test_*", "sub", "sub/", "/sub", "/sub/", "sub/a.py", "sub/*", "sub/**",
    "**/a.py", "**/deep", "**/deep/**", "sub/**/a.py", "sub/*/a.py", "*/a.py", "build/", "**/build/", "[ab].py",
    "[!a].py", "[^a].py", "?.py", "data*", r"data \[1].py", "a#b.py", r"\!x.py", "!x.py", "*\n!a.py", "*.py\n!a.py",
    "*.py\n!sub/a.py", "sub\n!sub/a.py", "sub/*\n!sub/a.py", "a.py  # all of them", "  a.py", "a.py   ", "/", "*", "**",
    "*/", "**/", "deep/deeper", "sub/deep/deeper/", "[a-c].py", "[a", "sub/[a-z]*.py", "other/**/y.py", "UPPER.py",
    "Upper.py", "**/sub/**/z.py", "sub/deep\n!sub/deep/b.py", "a.py\n!a.py\na.py", "[]a].py", "s?b/", "//a.py", "sub//a.py",
]
NESTED = [
    {"sub/.airflowignore": "a.py"}, {"sub/.airflowignore": "/a.py"}, {"sub/.airflowignore": "/deep"},
    {"sub/.airflowignore": "deep/a.py"}, {".airflowignore": "a.py", "sub/.airflowignore": "!a.py"},
    {".airflowignore": "*.py", "sub/deep/.airflowignore": "!*.py"}, {"sub/.airflowignore": "*", "other/.airflowignore": "sub"},
    {".airflowignore": "sub/deep/a.py", "sub/.airflowignore": "!/deep/a.py"}, {"sub/.airflowignore": "../a.py"},
    {".airflowignore": "sub", "sub/.airflowignore": "!a.py"}, {"sub/deep/.airflowignore": "**/z.py"},
]


def found(ignore: dict[str, str]) -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for name, text in [*((name, "x") for name in FILES), *ignore.items()]:
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
        paths = find_path_from_directory(folder, ".airflowignore", "glob")
        return sorted((str(Path(path).relative_to(root)) for path in paths), key=lambda path: path.encode())


def main() -> None:
    cases = []
    for ignore in [*({".airflowignore": text} for text in ROOT), *NESTED]:
        try:
            cases.append({"files": FILES, "ignore": ignore, "found": found(ignore)})
        except ValueError as error:
            print(f"{ignore}: {error}")  # Airflow gives up on the whole folder; we pass over the line.
    path = Path(__file__).resolve().parent.parent / "Tests" / "Fixtures" / "airflowignore" / "cases.json"
    lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
    path.write_text(f"[\n{lines}\n]\n")


if __name__ == "__main__":
    main()
