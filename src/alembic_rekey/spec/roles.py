"""What each column of a part is for: two roles of one column, of which one is written, would change each other."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping

from sqlalchemy import Column, ColumnClause, SelectBase, Table, TextClause
from sqlalchemy.sql.elements import ClauseElement, ColumnElement
from sqlalchemy.sql.visitors import iterate

from alembic_rekey.spec.part import Part

__all__ = ["created_faults", "own_roles", "read_by", "role_faults", "taken_faults"]

_OWN = ("key", "owners", "tag", "name", "names", "status", "created_at", "updated_at")
_READ = ("slot", "value", "agree", "within")
_TOGETHER = ({"key", "name"}, {"key", "owners"}, {"key", "tag"})
"""Roles that one column may have at once: a key may be the name, or hold an owner or a tag."""
_ONE = {"owners": "owner", "names": "name"}
"""What one column of a role is called."""


def own_roles(part: object) -> dict[str, list[Column[object]]]:
    """Return the columns of `part` that need to be each another one, by role."""
    return {role: columns for role in _OWN if (columns := _columns(getattr(part, role, None)))}


def _columns(given: object) -> list[Column[object]]:
    if given is None:
        return []
    if isinstance(given, tuple):
        return [known for each in given for known in _columns(each)]
    known: Column[object] = getattr(given, "column", given)  # type: ignore[arg-type]  # a column, or an Epoch of one
    return [known]


def role_faults(part: object, resting: Container[Column[object]] = ()) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with the roles of `part` and what to do, as the ends of sentences.

    Columns of owners that are `resting` are not changed: several owners may share them, and others read them.
    """
    noun, seen = getattr(part, "noun", ""), dict[Column[object], str]()
    for role, columns in own_roles(part).items():
        for known in columns:
            if role == "owners" and known in resting:
                continue
            if known in seen and {role, seen[known]} not in _TOGETHER:
                yield (
                    f"has {known} for the {_ONE.get(seen[known], seen[known])} and the {_ONE.get(role, role)} of "
                    f"{noun!r}",
                    "give each its own column: what the fold writes to the one would change the other.",
                )
            seen[known] = role
    for role in _READ:
        for known in _columns(getattr(part, role, None)):
            # What is read before it is written may be the time, and in rows that are alike the status.
            if seen.get(known) in (("owners", "tag") if role == "agree" else ("owners", "status", "tag")):
                yield (
                    f"has {known}, the {_ONE.get(seen[known], seen[known])} of {noun!r}, in its {role} too",
                    f"leave it out of {role}: the fold writes to it.",
                )


def read_by(part: Part) -> set[str]:
    """Return the names of the columns of its table by which it is decided what becomes of rows of `part`."""
    roles = [*_OWN, *_READ] if part.deletable or part.named else [each for each in _OWN if each != "updated_at"]
    names = {str(known.name) for role in roles for known in _columns(getattr(part, role, None))} | {*part.absorbing}
    for expression in (each for read in part.reading.values() for each in read):
        for element in iterate(expression):
            if isinstance(element, SelectBase | TextClause):
                # Whatever it names.
                return {str(known.name) for known in part.table.columns}
            names |= {element.name} if isinstance(element, ColumnClause) else set()
    return names


def taken_faults(part: object, taken: Iterable[str], *, role: str, others: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield which columns that `role` writes, `taken`, are written otherwise already, or tell rows apart."""
    named = {*taken}
    for other in others:
        for known in _columns(getattr(part, other, None)):
            if known.name in named:
                yield f"has {known} in {role} and for {_ONE.get(other, other)}", f"leave it out of {role}."


def created_faults(
    table: Table, name: Column[str], roles: Mapping[str, Iterable[Column[object]]], created: Mapping[str, object]
) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with the values that created rows of `table` are given, and what to do, in the same way."""
    of_roles = {str(known.name): role for role, columns in roles.items() for known in columns}
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
