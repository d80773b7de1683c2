"""The counts of a plan and of its run as a person reads them: one name for each, before and after."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

__all__ = ["Told", "told_applied", "told_planned"]

_NAMES = (
    ("_rows_rekeyed", "_rekey_rows"),
    ("_rows_merged_as_duplicate", "_merge_rows"),
    ("_rows_historical_dropped", "_historical_drops"),
    ("_rows_superseded", "_supersede_rows"),
    ("_rows_deleted", "_delete_rows"),
    ("_rows_detached", "_detach_rows"),
    ("s_deleted", "s"),
    ("s_retired", "s"),
)
"""How a count of the apply phase ends, and that of the plan for the same rows."""
_REKEYED, _MERGED = "_rekey_rows", "_rows_merged_as_duplicate"


class Told(NamedTuple):
    """A count by the name that a plan gives it, and what there is to say about it."""

    name: str
    value: int
    note: str = ""

    @property
    def text(self) -> str:
        """Return it in words."""
        return f"{self.name} {self.value:,}{f' ({self.note})' if self.note else ''}"


def told_planned(planned: Mapping[str, int], merged: Mapping[str, int]) -> list[Told]:
    """Return the counts of a plan; `merged` is, by noun, how many of the rows that a plan calls rekeyed are merged."""
    return [Told(name, value, _note(name, merged)) for name, value in planned.items()]


def told_applied(planned: Mapping[str, int], applied: Mapping[str, int]) -> list[Told]:
    """Return the counts of a run, by the names of its plan; those of what no plan counts come last."""
    values: Counter[str] = Counter()
    merged: dict[str, int] = {}
    for name, value in applied.items():
        called = next((of for of in _plan_names(name) if of in planned), name)
        if name.endswith(_MERGED) and called == name:
            # The rows of a slot that say the same: the plan has them among those that get another owner.
            noun = name.removesuffix(_MERGED)
            merged[noun], called = value, f"{noun}{_REKEYED}"
        values[called] += value
    names = dict.fromkeys((*(name for name in planned if name in values), *values))
    return [Told(name, values[name], _note(name, merged)) for name in names]


def _plan_names(name: str) -> list[str]:
    return [name.removesuffix(ending) + other for ending, other in _NAMES if name.endswith(ending)]


def _note(name: str, merged: Mapping[str, int]) -> str:
    number = merged.get(name.removesuffix(_REKEYED), 0) if name.endswith(_REKEYED) else 0
    return f"of these merged {number:,}" if number else ""
