"""Which statements of a script change the application's tables: each has a mark, and the header tells their lines."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sqlalchemy import ClauseElement, Dialect, Executable, Table, TableClause, UpdateBase
from sqlalchemy.schema import DropTable
from sqlalchemy.sql.visitors import iterate

from alembic_rekey.sql.expressions import InsertRows
from alembic_rekey.sql.side_tables import is_side_table
from alembic_rekey.text.comments import in_ascii

__all__ = ["UNTOLD", "assembled", "marked"]

_MARK = "-- CHANGES "
UNTOLD = f"{_MARK}what its text says\n"
"""The line above SQL that a revision has as a text."""
_OURS = "rekey_"
"""How the names of all that a script makes begin."""


def marked(clause: Executable | ClauseElement, dialect: Dialect, but: str = "") -> str:
    """Return the line above a statement that changes rows or the shape of a table of the application's, else nothing.

    Where Alembic alters a table, `clause` is that table. `but` is the table of versions.
    """
    altered = [clause] if isinstance(clause, Table) else []
    changed = [*altered, *(_changed(one) for one in (clause, *_within(clause)))]
    tables = [
        table for table in changed if isinstance(table, TableClause) and not _is_ours(table.name) and table.name != but
    ]
    return f"{_MARK}{in_ascii(dialect.identifier_preparer.format_table(tables[0]))}\n" if tables else ""


def assembled(head: Callable[[Sequence[str]], Iterable[str]], rest: Sequence[str]) -> str:
    """Return a script: what `head` says, given the lines that have a mark, and the rest."""
    said = list[str]()
    while True:
        text = "\n\n".join(piece.strip("\n") for piece in (*head(said), *rest)) + "\n"
        found = _told(text)
        # What is told has lines as well.
        if found == said:
            return text
        said = found


def _told(text: str) -> list[str]:
    places: dict[str, list[str]] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if line.startswith(_MARK):
            places.setdefault(line.removeprefix(_MARK), []).append(str(number))
    return [f"  {table}: {', '.join(lines)}" for table, lines in places.items()]


def _within(clause: Any) -> Iterable[Any]:
    return iterate(clause) if isinstance(clause, UpdateBase) else ()


def _changed(clause: Any) -> Any:
    if isinstance(clause, InsertRows):
        return clause.target
    if isinstance(clause, UpdateBase):
        return clause.entity_description.get("table")
    return clause.element if isinstance(clause, DropTable) else None


def _is_ours(name: str) -> bool:
    return is_side_table(name) or name.startswith(_OURS)
