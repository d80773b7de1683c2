"""What SQLAlchemy 2.0 lacks, or does otherwise than 2.1: all of it is here, and written alike for both."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Dialect, func, literal_column
from sqlalchemy.schema import ExecutableDDLElement

from alembic_rekey.spec import Relation

__all__ = ["CreateTableAs", "listed", "without_backslash_escapes"]


class CreateTableAs(ExecutableDDLElement):
    """`CREATE TEMPORARY TABLE name AS SELECT …`, which SQLAlchemy has from 2.1 on."""

    inherit_cache = False

    def __init__(self, rows: Relation, name: str) -> None:
        self.rows = rows
        self.name = name


def listed(texts: ColumnElement[str]) -> ColumnElement[str]:
    """Return the texts of a group with commas between them, which 2.0 would bind in a script too."""
    between: Any = literal_column("', '")
    return func.aggregate_strings(texts, between)


def without_backslash_escapes(dialect: Dialect) -> None:
    r"""Let a script's literals have one `\` for each: it sets `standard_conforming_strings`, and 2.0 doubles them."""
    dialect._backslash_escapes = False  # type: ignore[attr-defined]  # 2.1 begins so, and asks a server as 2.0 does
