"""What each column of a part is for: two roles of one column, of which one is written, would change each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sqlalchemy import Column, ColumnClause, SelectBase, Table, TextClause
from sqlalchemy.sql.elements import ClauseElement, ColumnElement
from sqlalchemy.sql.visitors import iterate

__all__ = ["created_faults", "own_roles", "role_faults"]

_OWN = ("key", "owner", "tag", "name", "status", "created_at", "updated_at")
_READ = ("slot", "value", "agree")


def own_roles(part: object) -> dict[str, Column[object]]:
    """Return the columns of `part` that need to be each another one, by role."""
    given = {role: getattr(part, role, None) for role in _OWN}
    return {role: getattr(known, "column", known) for role, known in given.items() if known is not None}


def role_faults(part: object) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with the roles of `part` and what to do, as the ends of sentences."""
    noun, seen = getattr(part, "noun", ""), dict[Column[object], str]()
    for role, known in own_roles(part).items():
        # A key may be the name: whoever has no other.
        if known in seen and {role, seen[known]} != {"key", "name"}:
            yield (
                f"has {known} for the {seen[known]} and the {role} of {noun!r}",
                "give each its own column: what the fold writes to the one would change the other.",
            )
        seen[known] = role
    for role in _READ:
        given = getattr(part, role, None)
        for known in given if isinstance(given, tuple) else (given,):
            # What is read before it is written may be the time, and in rows that are alike the status.
            if seen.get(known) in (("owner", "tag") if role == "agree" else ("owner", "status")):
                yield (
                    f"has {known}, the {seen[known]} of {noun!r}, in its {role} too",
                    f"leave it out of {role}: the fold writes to it.",
                )


def created_faults(
    table: Table, name: Column[str], roles: Mapping[str, Column[object]], created: Mapping[str, object]
) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with the values that created rows of `table` are given, and what to do, in the same way."""
    of_roles = {str(known.name): role for role, known in roles.items()}
    for column, value in created.items():
        if column in of_roles:
            yield (
                f"gives created rows a value for {column!r}, which is their {of_roles[column]}",
                "leave the value away: the fold makes it.",
            )
        if column not in table.c:
            yield (
                f"gives created rows a value for {column!r}, which {table.name} is not declared with",
                "declare the column in the revision's table, or leave the value away.",
            )
        if isinstance(value, ClauseElement) and (other := _beside(name, value)) is not None:
            yield (
                f"makes the value of created rows for {column!r} of {other}, which a row has not before it is created",
                f"make it of {name} alone, which stands for the canonical name: func.lower({name}), say.",
            )


def _beside(name: Column[str], value: ClauseElement) -> str | None:
    """Return what `value` is made of that is neither a constant nor `name`."""
    if not isinstance(value, ColumnElement):
        return f"the SQL {str(value)!r}"
    for element in iterate(value):
        if isinstance(element, SelectBase | TextClause):
            return "a query of its own"
        if isinstance(element, ColumnClause) and element is not name:
            return f"the SQL {element.name!r}" if element.table is None else str(element)
    return None
