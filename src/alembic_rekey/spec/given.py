"""What each field of a part may be given: a comma that is missing, a text for a member, a column of something else."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from enum import Enum
from string import Formatter
from typing import Any

from sqlalchemy import Column, ColumnElement, Select, Table, select

from alembic_rekey.spec.choices import Absorb, Match, Most
from alembic_rekey.spec.part import Part
from alembic_rekey.spec.stamp import Epoch

__all__ = ["given_faults", "read_faults", "sentence_faults"]

_Fits = Callable[[object], bool]


def _column(value: object) -> bool:
    return isinstance(value, Column) and isinstance(value.table, Table)


def _expression(value: object) -> bool:
    return isinstance(value, ColumnElement)


def _rank(value: object) -> bool:
    return _column(value.column) if isinstance(value, Most) else _expression(value)


def _time(value: object) -> bool:
    return _column(value.column) if isinstance(value, Epoch) else _column(value)


def _tuple_of(fits: _Fits) -> _Fits:
    return lambda value: isinstance(value, tuple) and all(map(fits, value))


def _or_tuple_of(fits: _Fits) -> _Fits:
    return lambda value: fits(value) or (isinstance(value, tuple) and bool(value) and all(map(fits, value)))


def _mapping(value: object) -> bool:
    return isinstance(value, Mapping)


def _absorbs(value: object) -> bool:
    return isinstance(value, Mapping) and all(isinstance(how, Absorb) for how in value.values())


def _matches(value: object) -> bool:
    return isinstance(value, Match) or _or_tuple_of(_expression)(value)


_FROZEN = "a column of a sqlalchemy.Table that the revision declares"
_KINDS: dict[str, tuple[_Fits, str]] = {
    **dict.fromkeys(("key", "tag"), (_or_tuple_of(_column), f"{_FROZEN}, or a tuple of them")),
    **dict.fromkeys(("name", "value", "status"), (_column, _FROZEN)),
    **dict.fromkeys(("within", "names", "slot", "agree"), (_tuple_of(_column), "a tuple of columns: (column,)")),
    "owners": (_tuple_of(_or_tuple_of(_column)), "a tuple of owners: (column,)"),
    "survivor": (
        _tuple_of(_rank),
        "a tuple of expressions of its columns (text() names none), or of most(column): (expression,)",
    ),
    "match": (
        _matches,
        "Match.FOLDED, Match.EXACT, an expression of its columns (text() names none) or a tuple of them",
    ),
    "where": (_expression, "an SQL expression of its columns; text() names none"),
    "absorb": (_absorbs, "a mapping of columns to members of Absorb: {column: Absorb.SUM}"),
    **dict.fromkeys(("retire", "created"), (_mapping, "a mapping of columns to values: {column: value}")),
    **dict.fromkeys(("created_at", "updated_at"), (_time, f"{_FROZEN}, or Epoch(column, unit)")),
    **dict.fromkeys(("noun", "of", "registered"), (lambda value: isinstance(value, str), "a text")),
}


def given_faults(part: Any) -> Iterator[tuple[str, str]]:
    """Yield what a field of `part` cannot be given, and what belongs there, as the ends of sentences."""
    for field in fields(part):
        value = getattr(part, field.name)
        if value is None and field.default is None:
            continue
        if isinstance(field.default, Enum) and field.name != "match":
            kind = type(field.default)
            if not isinstance(value, kind):
                members = ", ".join(f"{kind.__name__}.{member.name}" for member in kind)
                yield f"has {value!r} for {field.name} of {part.noun!r}", f"take one of {members}."
        elif field.name in _KINDS:
            fits, said = _KINDS[field.name]
            if not fits(value):
                yield f"has {_shown(value)} for {field.name} of {part.noun!r}", f"write {said}."


def _shown(value: object) -> str:
    """Return a value as a person wrote it: columns by their names."""
    if isinstance(value, tuple):
        return f"({', '.join(map(_shown, value))}{',' * (len(value) == 1)})"
    if isinstance(value, Most):
        return f"most({_shown(value.column)})"
    return str(value) if isinstance(value, ColumnElement) else repr(value)


def read_faults(part: Part) -> Iterator[tuple[str, str]]:
    """Yield the expressions of `part` that read other tables than its own: rows would be joined with all of those."""
    for role, expressions in part.reading.items():
        for each in expressions:
            others = sorted(str(known) for known in select(each).get_final_froms() if known is not part.table)
            if others:
                yield (
                    f"reads {', '.join(others)} in {role} of {part.noun!r}, whose table is {part.table}",
                    "read its own columns only; ask other tables in a subquery: exists(select(…).where(…)).",
                )


def sentence_faults(name: str, sentence: str, offending: Select[Any]) -> Iterator[tuple[str, str]]:
    """Yield what the sentence of a check cannot say of a row of `offending`, and what to write, in the same way."""
    labels = {str(known.key) for known in offending.selected_columns if known.key is not None}
    # Of a text, or a star, only the database knows the columns.
    unknown = not labels or "*" in labels
    allowed = ", ".join(sorted(labels)) if not unknown else "name them there"
    remedy = (
        f"write a label of offending in braces, {{label}} or {{label!r}} ({allowed}); a brace itself is {{{{ or }}}}."
    )
    try:
        fields = [(field, said, how) for _, field, said, how in Formatter().parse(sentence) if field is not None]
    except ValueError as problem:
        yield f"has the sentence {sentence!r} in the check {name!r}, which cannot be read: {problem}", remedy
        return
    for field, said, how in fields:
        if not field.isidentifier() and field not in labels:
            yield f"says {{{field}}} in the sentence of the check {name!r}, which names no column", remedy
        elif not unknown and field not in labels:
            yield f"says {{{field}}} in the sentence of the check {name!r}, whose offending has no {field!r}", remedy
        elif said or how not in (None, "r", "s", "a"):
            yield (
                f"formats {{{field}}} in the sentence of the check {name!r}, where a script shows what is held",
                remedy,
            )
