"""The schemas that are measured: the application's own, and one whose duplicates are found in the data."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import customers
import data
import floor_down
import floor_up

import legacy
from databases import Database

__all__ = ["SCHEMAS", "Schema"]

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Schema:
    """One schema: its tables, its rows, how it is folded by us and by hand."""

    name: str
    columns: Mapping[str, tuple[str, ...]]
    create: Callable[[Database], None]
    data: Callable[[int], Any]
    configuration: Callable[[Path], Path]
    """Given a folder that it may fill."""
    up: Mapping[str, Sequence[str]]
    save: Sequence[str]
    back: Mapping[str, Sequence[str]]

    def prefixed(self, name: str) -> str:
        """The name of something kept for this schema."""
        return name if self.name == "legacy" else f"{self.name}_{name}"


SCHEMAS = {
    "legacy": Schema(
        "legacy",
        data.COLUMNS,
        legacy.create,
        data.Data,
        lambda _folder: ROOT / "alembic.ini",
        {"sqlite": floor_up.SQLITE, "postgresql": floor_up.POSTGRESQL},
        floor_down.SAVE,
        {"sqlite": floor_down.SQLITE, "postgresql": floor_down.POSTGRESQL},
    ),
    "customers": Schema(
        "customers",
        customers.COLUMNS,
        customers.create,
        customers.Data,
        customers.project,
        customers.FLOOR,
        customers.SAVE,
        customers.BACK,
    ),
}
