"""The schema as an application's own models declare it, for a project whose database has less, or says less."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Column, MetaData, Table, UniqueConstraint

from alembic_rekey.review.schema.description import Described, Field, Link, Schema, Uniqueness
from alembic_rekey.sql.dialects.survey import Place

__all__ = ["declared_schema"]


def declared_schema(metadata: MetaData, stored: Schema) -> Schema:
    """Return the tables of `metadata`; what only the database tells of them, `stored` does."""
    return Schema({_place(table): _described(table, stored.tables.get(_place(table))) for table in _sorted(metadata)})


def _sorted(metadata: MetaData) -> list[Table]:
    return sorted(metadata.tables.values(), key=lambda table: (table.schema or "", table.name))


def _place(table: Table) -> Place:
    return table.schema, str(table.name)


def _described(table: Table, stored: Described | None) -> Described:
    return Described(
        place=_place(table),
        fields=tuple(map(_field, table.columns)),
        primary=tuple(str(known.name) for known in table.primary_key.columns),
        unique=tuple(_unique(table)) if stored is None else stored.unique,
        links=tuple(_links(table)),
        rows=None if stored is None else stored.rows,
        unread="the database has no such table" if stored is None else stored.unread,
    )


def _field(known: Column[object]) -> Field:
    filled = known.server_default is not None or known.identity is not None or known.autoincrement is True
    return Field(
        name=str(known.name),
        type=known.type,
        nullable=bool(known.nullable),
        filled=filled,
        default=None if known.server_default is None else str(getattr(known.server_default, "arg", "")),
        computed=None if known.computed is None else str(known.computed.sqltext),
    )


def _unique(table: Table) -> Iterator[Uniqueness]:
    sets = [known.columns for known in table.constraints if isinstance(known, UniqueConstraint)]
    sets += [known.columns for known in table.indexes if known.unique and len(known.columns) == len(known.expressions)]
    order = {str(known.name): place for place, known in enumerate(table.columns)}
    named = [tuple(sorted((str(known.name) for known in columns), key=order.__getitem__)) for columns in sets]
    for columns in sorted({*named, tuple(str(known.name) for known in table.primary_key.columns)}):
        if columns:
            yield Uniqueness("", columns)


def _links(table: Table) -> Iterator[Link]:
    for key in sorted(table.foreign_key_constraints, key=lambda known: [*known.column_keys]):
        targets = [element.column for element in key.elements]
        yield Link(
            tuple(str(element.parent.name) for element in key.elements),
            _place(targets[0].table),
            tuple(str(target.name) for target in targets),
        )
