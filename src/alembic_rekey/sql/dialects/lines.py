"""What the catalogs of all databases are asked in the same words."""

from __future__ import annotations

from typing import Any

from sqlalchemy import CTE, ColumnElement, Integer, cast, func, literal_column

__all__ = ["as_number", "place_in"]


def place_in(asked: CTE, order: ColumnElement[Any]) -> ColumnElement[int]:
    """Return the place of a column among those of its table, from 1, in the order of the catalog."""
    return cast(func.row_number().over(partition_by=asked.c.table, order_by=order), Integer).label("place")


def as_number(condition: ColumnElement[bool]) -> ColumnElement[int]:
    """Return 1 where `condition` holds, else 0."""
    return func.coalesce(cast(condition, Integer), literal_column("0"))
