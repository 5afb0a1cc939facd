"""The figures that must hold: one JSON file and one number each."""

from __future__ import annotations

import json
import pathlib
from dataclasses import dataclass

FOLDER = pathlib.Path(__file__).resolve().parent / "Thresholds"


@dataclass(frozen=True)
class Threshold:
    """`compare` is `at most`, `at least` or `times Airflow` (at least so many times its figure)."""

    name: str
    what: str
    load: str
    figure: str
    compare: str
    limit: float
    database: str | None = None

    def holds(self, value: float | None, airflow: float | None) -> bool | None:
        """Whether it holds; nothing when there is no figure to judge."""
        if value is None:
            return None
        if self.compare == "times Airflow":
            return None if airflow is None else value >= self.limit * airflow
        return value <= self.limit if self.compare == "at most" else value >= self.limit


def read_thresholds() -> list[Threshold]:
    """All thresholds, by file name."""
    return [Threshold(path.stem, **json.loads(path.read_text())) for path in sorted(FOLDER.glob("*.json"))]
