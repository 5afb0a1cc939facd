"""The figures as one table: each threshold's figure on each database, real Airflow beside it, and the ratio."""

from __future__ import annotations

from dataclasses import dataclass

from thresholds import Threshold

HEADER = ("load", "figure", "database", "pipeline", "Airflow", "ratio", "threshold", "")
LOWER_IS_BETTER = ("milliseconds", "seconds", "mebibytes", "reads")


@dataclass(frozen=True)
class Row:
    """One figure on one database."""

    load: str
    figure: str
    database: str
    value: float | None
    airflow: float | None
    threshold: Threshold | None

    @property
    def ratio(self) -> float | None:
        """How many times better than Airflow."""
        if not self.value or not self.airflow:
            return None
        lower = any(unit in self.figure for unit in LOWER_IS_BETTER) and "per_second" not in self.figure
        return self.airflow / self.value if lower else self.value / self.airflow

    @property
    def holds(self) -> bool | None:
        """Whether the threshold holds; nothing without a threshold or a figure."""
        return None if self.threshold is None else self.threshold.holds(self.value, self.airflow)


def rows(results: dict[str, dict], thresholds: list[Threshold]) -> list[Row]:
    """A row for each figure of each load and database of ours; `results` is by side, load and figure."""
    found = []
    airflow = results.get("airflow", {})
    for database in (side for side in results if side != "airflow"):
        for load, figures in results[database].items():
            for figure, value in figures.items():
                limit = next((one for one in thresholds if _applies(one, load, figure, database)), None)
                found.append(Row(load, figure, database, value, airflow.get(load, {}).get(figure), limit))
    return found


def table(found: list[Row]) -> str:
    """Aligned columns; figures that have neither a threshold nor a counterpart are in the JSON file only."""
    shown = [row for row in found if row.value is not None and (row.threshold or row.airflow is not None)]
    lines = [HEADER] + [_cells(row) for row in shown]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADER))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() for line in lines)


def _applies(threshold: Threshold, load: str, figure: str, database: str) -> bool:
    return (threshold.load, threshold.figure) == (load, figure) and threshold.database in (None, database)


def _cells(row: Row) -> tuple[str, ...]:
    limit = f"{row.threshold.compare} {row.threshold.limit:g}" if row.threshold else ""
    verdict = {True: "ok", False: "MISSED", None: "not judged" if row.threshold else ""}[row.holds]
    ratio = f"{row.ratio:.1f}x" if row.ratio is not None else "-"
    return row.load, row.figure, row.database, _number(row.value), _number(row.airflow), ratio, limit, verdict


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.0f}" if value >= 100 or value == int(value) else f"{value:.3g}"
