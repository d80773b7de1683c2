"""What is asked of the catalog, or told to it: is a foreign key there, which are declared; ALTERs of tables of ours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Column, Table
from sqlalchemy.schema import ExecutableDDLElement

from alembic_rekey.sql.expressions import Asserted

__all__ = ["DropColumn", "Followed", "Refers", "ReplicateWhole"]


class Followed(NamedTuple):
    """A table whose `owners`, each a column with the table and column that it refers to, a run leads by itself."""

    child: str
    owners: Sequence[tuple[str, str, str]]
    written: Sequence[str]
    """Every column that a run may write."""


class Refers(Asserted):
    """There is a foreign key of the column `child` alone that leads to the column `parent`."""

    inherit_cache = False

    def __init__(self, child: Column[Any], parent: Column[Any]) -> None:
        self.child = child
        self.parent = parent


class ReplicateWhole(ExecutableDDLElement):
    """ALTER TABLE of one of ours without a key, so that a publication of all tables lets it be updated."""

    def __init__(self, name: str) -> None:
        self.name = name


class DropColumn(ExecutableDDLElement):
    """ALTER TABLE of a copy of our own; a database that can drops several columns at once."""

    def __init__(self, source: Table, *names: str) -> None:
        self.source = source
        self.names = names
