"""What is compared, and how it went."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True)
class Check:
    """A figure with its bar; without one it is only shown."""

    name: str
    value: float
    at_most: float | None = None
    at_least: float | None = None
    note: str = ""

    @property
    def passed(self) -> bool:
        if self.at_most is not None and not self.value <= self.at_most:
            return False
        return self.at_least is None or self.value >= self.at_least

    @property
    def bar(self) -> str:
        if self.at_most is not None:
            return f"<= {self.at_most:g}"
        return f">= {self.at_least:g}" if self.at_least is not None else ""

    def document(self) -> dict:
        return dataclasses.asdict(self) | {"passed": self.passed}


def table(checks: list[Check]) -> str:
    rows = [("check", "value", "bar", "")]
    for check in checks:
        verdict = ("met" if check.passed else "MISSED") if check.bar else ""
        rows.append((check.name, f"{check.value:.4g}", check.bar, f"{verdict} {check.note}".strip()))
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    lines = ["  ".join([*(cell.ljust(width) for cell, width in zip(row, widths)), row[3]]).rstrip() for row in rows]
    return "\n".join(lines)
