"""Values in columns of any type: made by us, compared, and shown; a project may use types that we do not.

Everything here compiles for SQLite and PostgreSQL, online and in a script, to the same meaning.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    ColumnElement,
    Enum,
    Integer,
    Label,
    String,
    Text,
    cast,
    literal,
    null,
    type_coerce,
)
from sqlalchemy.sql.visitors import ExternallyTraversible, replacement_traverse
from sqlalchemy.types import NullType, TypeEngine, UserDefinedType

from alembic_rekey.spec import Identity, Relation
from alembic_rekey.sql.expressions import Exact

__all__ = [
    "Catalogued",
    "Constant",
    "Key",
    "KeyText",
    "NoNumber",
    "Number",
    "comparable",
    "constant",
    "equatable",
    "given",
    "named",
    "readable",
]


class Catalogued(UserDefinedType[Any]):
    """A type of PostgreSQL by the name that its catalog has for it."""

    cache_ok = True

    def __init__(self, name: str) -> None:
        self.name = name

    def get_col_spec(self, **_: Any) -> str:
        """Return the name as psycopg has to read it."""
        return self.name.replace("%", "%%")


class Key(ColumnElement[Any]):
    """An id that `rekey_alias` keeps as text, as a key of `type_` holds it: a text, or a UUID."""

    inherit_cache = False

    def __init__(self, text: ColumnElement[str], type_: TypeEngine[Any]) -> None:
        self.text = text
        self.type = type_


class Number(ColumnElement[int]):
    """A name as a column of whole numbers of `type_` holds it; NULL where that would tell another text, or none."""

    inherit_cache = False

    def __init__(self, text: ColumnElement[str], type_: Integer) -> None:
        self.text = text
        self.type = type_


class KeyText(ColumnElement[str]):
    """A stored key as `rekey_redirect` has it: its text, or a JSON list of the texts of its columns."""

    inherit_cache = False
    type = Text()

    def __init__(self, keys: Sequence[ColumnElement[Any]]) -> None:
        self.texts = [cast(key, Text) for key in keys]


class Constant(ColumnElement[Any]):
    """A value for a column of `type_`: PostgreSQL must be told the type within a SELECT.

    SQLite is told none: a cast would change the value, a time into the number of its year.
    """

    inherit_cache = False

    def __init__(self, value: ColumnElement[Any], type_: TypeEngine[Any]) -> None:
        self.value = value
        self.type = type_


class NoNumber(ColumnElement[bool]):
    """Whether a stored value is none that can be added up, though the database would: SQLite takes a text for 0.

    `total` is the sum that it is part of: of infinities of both signs SQLite says NULL, as of no value at all.
    """

    inherit_cache = False
    type = Boolean()

    def __init__(self, stored: ColumnElement[Any], total: ColumnElement[Any]) -> None:
        self.stored = stored
        self.total = total


def named(canonical: ColumnElement[str], name: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return a canonical, which is a text, as the column `name` of an identity holds it."""
    return Number(canonical, name.type) if isinstance(name.type, Integer) else canonical


def given(identity: Identity, canonical: ColumnElement[Any]) -> dict[str, ColumnElement[Any]]:
    """Return the values that the revision gives to a created row of `identity`, whose name will be `canonical`."""
    name = canonical if identity.name is None else named(canonical, identity.name)

    def replaced(element: ExternallyTraversible, **_: Any) -> ExternallyTraversible | None:
        return name if element is identity.name else None

    made = {
        column: replacement_traverse(value, {}, replaced) if isinstance(value, ColumnElement) else value
        for column, value in identity.creating.items()
    }
    return {column: constant(value, identity.table.c[column].type) for column, value in made.items()}


def constant(value: Any, type_: TypeEngine[Any]) -> ColumnElement[Any]:
    """Return what a spec says for a column of a type: a value, or an expression."""
    if value is None:
        # What stands beside it in a CASE has the database's own type, which may be another than the declared one.
        return type_coerce(null(), type_)
    return Constant(value if isinstance(value, ColumnElement) else literal(value), type_)


def equatable(stored: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return `stored` as a value that has an equality: PostgreSQL has none for `json`, so that is its text."""
    return cast(stored, Text) if isinstance(stored.type, JSON) else stored


def comparable(stored: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return `stored` as a value that equals the very same only: a text letter by letter, whatever its collation."""
    plain = isinstance(stored.type, String) and not isinstance(stored.type, Enum)
    return Exact(stored) if plain else equatable(stored)


def readable(relation: Relation) -> Relation:
    """Return `relation` with values that no type turns into objects of Python: what the database shows for them.

    A value that does not fit its column's declared type must not end a command while it is listed.
    """
    return relation.with_only_columns(*map(_shown, relation.selected_columns), maintain_column_froms=True)


def _shown(selected: Any) -> ColumnElement[Any]:
    type_ = selected.type
    if (isinstance(type_, String) and not isinstance(type_, Enum)) or isinstance(type_, Integer | NullType):
        return selected  # type: ignore[no-any-return]  # a column of a select has no narrower type
    inner = selected.element if isinstance(selected, Label) else selected
    return cast(inner, Text).label(selected.key)
