"""Runs our program."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess


class Pipeline:
    def __init__(self, program: pathlib.Path) -> None:
        self.program = program.resolve()

    def stage(self, name: str, **sets: object) -> dict:
        """The result of a stage."""
        words = [str(self.program), "stage", "run", name]
        for key, value in sets.items():
            words += ["--set", f"{key}={str(value).lower() if isinstance(value, bool) else value}"]
        return json.loads(self._output(words).splitlines()[-1])

    def benchmark(self, kind: str, **options: object) -> dict:
        words = [str(self.program), "benchmark", kind, "-o", "json"]
        for key, value in options.items():
            words += [f"--{key}", str(value)]
        return json.loads(self._output(words))

    @staticmethod
    def _output(words: list[str]) -> str:
        environment = {key: value for key, value in os.environ.items() if not key.startswith("PIPELINE_")}
        done = subprocess.run(words, capture_output=True, text=True, env=environment)
        if done.returncode != 0:
            raise SystemExit(f"{' '.join(words)} ended with {done.returncode}:\n{done.stderr[-2000:]}")
        return done.stdout
