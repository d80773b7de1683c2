"""What the catalog says: checks that journal, table and revision agree in their columns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Subquery,
    Table,
    Text,
    cast,
    column,
    func,
    literal,
    literal_column,
    select,
    table,
    union_all,
)

from alembic_rekey.guard import check
from alembic_rekey.side_tables import journal_name
from alembic_rekey.spec import Check, Identity, Relation, Slots, Spec

__all__ = ["shape_checks"]

_BOOKKEEPING = 3
"""A journal starts with run_id, action and canonical."""


def shape_checks(spec: Spec, dialect: str) -> list[Check]:
    """Return the checks that must pass before the plan may be inserted into the journals."""
    return [made for part in spec.parts for made in _checks(part, dialect)]


def _checks(part: Any, dialect: str) -> Iterator[Check]:
    source: Table = part.table
    stored = _columns(source.name, source.schema, dialect, "stored")
    kept = _columns(journal_name(source), None, dialect, "kept")
    declared = union_all(*(select(literal(str(known.name)).label("name")) for known in source.columns)).subquery(
        "declared"
    )
    missing = (
        select(literal(str(source.name)).label("table"), declared.c.name.label("column"))
        .join_from(declared, stored, stored.c.name == declared.c.name, isouter=True)
        .where(stored.c.name.is_(None))
    )
    yield check("missing_column", part.noun, missing)
    yield check("journal_shape", part.noun, _differences(source, stored, kept))
    if isinstance(part, Identity | Slots):
        generated = select(literal(str(source.name)).label("table"), stored.c.name.label("column")).where(
            stored.c.generated == 1
        )
        yield check("generated_column", part.noun, generated)


def _differences(source: Table, stored: Subquery, kept: Subquery) -> Relation:
    moved = select(stored.c.name, stored.c.place + _BOOKKEEPING, stored.c.type)
    there = select(kept.c.name, kept.c.place, kept.c.type)
    surplus = there.where(kept.c.place > _BOOKKEEPING)
    different = union_all(
        select(moved.except_(there).subquery("lacking")),
        select(surplus.except_(moved).subquery("surplus")),
    ).subquery("different")
    return select(
        literal(str(source.name)).label("table"),
        literal(str(journal_name(source))).label("journal"),
        different.c[0].label("column"),
    ).distinct()


def _columns(name: str, schema: str | None, dialect: str, alias: str) -> Subquery:
    """Return the columns of a table as the catalog has them: `name`, `place` from 1, `type`, `generated`."""
    place = func.row_number().over
    if dialect == "sqlite":
        # The journal of SQLite keeps affinities, not type names: types cannot be compared by name.
        found = func.pragma_table_xinfo(literal(name, Text())).table_valued(
            "cid", "name", "hidden", name=f"{alias}_info"
        )
        return (
            select(
                cast(found.c.name, Text).label("name"),
                place(order_by=found.c.cid).label("place"),
                literal("").label("type"),
                _is(found.c.hidden.in_((2, 3))).label("generated"),
            )
            .where(found.c.hidden != 1)
            .subquery(alias)
        )
    attribute = table(
        "pg_attribute",
        *(
            column(field)
            for field in (
                "attname",
                "attnum",
                "attrelid",
                "atttypid",
                "atttypmod",
                "attgenerated",
                "attisdropped",
            )
        ),
        schema="pg_catalog",
    )
    quoted = ".".join('"' + part.replace('"', '""') + '"' for part in (schema, name) if part is not None)
    return (
        select(
            cast(attribute.c.attname, Text).label("name"),
            cast(place(order_by=attribute.c.attnum), Integer).label("place"),
            func.format_type(attribute.c.atttypid, attribute.c.atttypmod).label("type"),
            _is(cast(attribute.c.attgenerated, Text) != "").label("generated"),
        )
        .where(
            attribute.c.attrelid == func.to_regclass(literal(quoted, Text())),
            attribute.c.attnum > 0,
            ~attribute.c.attisdropped,
        )
        .subquery(alias)
    )


def _is(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(cast(condition, Integer), literal_column("0"))
