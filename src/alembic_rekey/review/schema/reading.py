"""The schema that a database has: through SQLAlchemy's inspector, and its dialect where that one knows more."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any
from warnings import catch_warnings, simplefilter

from sqlalchemy import Connection, Inspector, MetaData, Table, inspect
from sqlalchemy.engine.interfaces import ReflectedColumn, ReflectedForeignKeyConstraint
from sqlalchemy.exc import SAWarning
from sqlalchemy.types import NullType

from alembic_rekey.review.schema.description import Described, Field, Link, Schema, Uniqueness
from alembic_rekey.sql.dialects import database
from alembic_rekey.sql.dialects.survey import Place, Standing
from alembic_rekey.sql.side_tables import is_side_table

__all__ = ["read_schema", "reflected"]


def read_schema(connection: Connection, versions: Iterable[str] = ("alembic_version",)) -> Schema:
    """Return the tables of the application; those of `versions`, and ours, are none of its."""
    others = {*versions}
    survey = database(connection.dialect.name).survey
    standing = [one for one in survey.tables(connection) if one.place[1] not in others]
    return reflected(connection, [one for one in standing if not is_side_table(one.place[1])])


def reflected(connection: Connection, standing: Sequence[Standing]) -> Schema:
    """Return the tables that are `standing`, as they are described in the database."""
    roots = {part: one.place for one in standing for part in (one.place, *one.partitions)}
    by_schema: dict[str | None, list[str]] = defaultdict(list)
    for schema, name in roots:
        by_schema[schema].append(name)
    inspector = inspect(connection)
    found = _Found(roots)
    with catch_warnings():
        # A type that SQLAlchemy does not know is text to us.
        simplefilter("ignore", SAWarning)
        for schema, names in by_schema.items():
            found.add(inspector, schema, names)
    described = {one.place: found.described(connection, one) for one in standing}
    return Schema({place: replace(one, fields=tuple(_fields(one, described))) for place, one in described.items()})


def _fields(one: Described, described: Mapping[Place, Described]) -> Iterator[Field]:
    """Yield the columns; SQLite lets a column have no type, and one that refers to a key holds what the key does."""
    referring = {
        name: (link.to, key) for link in one.links for name, key in zip(link.columns, link.referred, strict=True)
    }
    for field in one.fields:
        to, key = referring.get(field.name, (one.place, field.name))
        types = [known.type for known in described[to].fields if known.name == key]
        yield replace(field, type=types[0]) if types and isinstance(field.type, NullType) else field


class _Found:
    """What the inspector tells, by place; a foreign key of a partition is one of its table, and leads to one."""

    def __init__(self, roots: Mapping[Place, Place]) -> None:
        self._roots = roots
        # SQLite takes names for one whatever their case.
        self._lowered = {(schema, name.lower()): root for (schema, name), root in roots.items()}
        self._columns: dict[Place, list[ReflectedColumn]] = {}
        self._primary: dict[Place, tuple[str, ...]] = {}
        self._links: defaultdict[Place, dict[Link, None]] = defaultdict(dict)

    def add(self, inspector: Inspector, schema: str | None, names: Sequence[str]) -> None:
        asked: dict[str, Any] = {"schema": schema, "filter_names": names}
        self._columns |= {place: list(columns) for place, columns in inspector.get_multi_columns(**asked).items()}
        for place, primary in inspector.get_multi_pk_constraint(**asked).items():
            self._primary[place] = tuple(primary["constrained_columns"]) if primary else ()
        for place, keys in inspector.get_multi_foreign_keys(**asked).items():
            for key in keys:
                if (link := self._link(schema, key)) is not None and place in self._roots:
                    self._links[self._roots[place]][link] = None

    def _link(self, schema: str | None, key: ReflectedForeignKeyConstraint) -> Link | None:
        named = (key["referred_schema"], key["referred_table"])
        own = (schema, key["referred_table"])
        to = next((self._roots[place] for place in (named, own) if place in self._roots), None)
        to = to or self._lowered.get((named[0], named[1].lower()))
        columns, referred = tuple(key["constrained_columns"]), tuple(key["referred_columns"])
        return Link(columns, to, referred) if to is not None and len(columns) == len(referred) else None

    def described(self, connection: Connection, one: Standing) -> Described:
        """Return one table."""
        fields = tuple(map(_field, self._columns.get(one.place, ())))
        order = {field.name: place for place, field in enumerate(fields)}
        bare = Table(one.place[1], MetaData(), schema=one.place[0])
        return Described(
            place=one.place,
            fields=fields,
            primary=self._primary.get(one.place, ()),
            unique=tuple(_unique(connection, bare, order)),
            links=tuple(sorted(self._links[one.place], key=lambda link: [order.get(name, 0) for name in link.columns])),
            rows=one.rows,
            unread=one.unread,
        )


def _field(known: ReflectedColumn) -> Field:
    computed = known.get("computed")
    default = known.get("default")
    made = default is not None or known.get("identity") is not None or known.get("autoincrement") is True
    return Field(
        name=known["name"],
        type=known["type"],
        nullable=bool(known.get("nullable", True)),
        filled=made or computed is not None,
        default=default,
        computed=None if computed is None else str(computed["sqltext"]),
    )


def _unique(connection: Connection, source: Table, order: Mapping[str, int]) -> Iterator[Uniqueness]:
    for index in database(connection.dialect.name).unique_indexes(connection, source):
        covered = index.covered if index.covered is not None else index.plain
        whole = index.condition is None and index.covered is not None and len(index.expressions) == len(covered)
        known = sorted((name for name in (covered if whole else index.plain) if name in order), key=order.__getitem__)
        if known and not index.operators:
            yield Uniqueness(index.name, tuple(known), whole)
