"""What the catalog says: checks that journal, table and revision agree in their columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from sqlalchemy import (
    CTE,
    ColumnElement,
    Connection,
    FromClause,
    Integer,
    Subquery,
    Table,
    TableClause,
    Text,
    and_,
    cast,
    column,
    exists,
    func,
    literal,
    literal_column,
    not_,
    or_,
    select,
    table,
    union_all,
)

from alembic_rekey.guard import check
from alembic_rekey.plan import Part
from alembic_rekey.registry_text import RegistryText
from alembic_rekey.rules import Action
from alembic_rekey.side_tables import created_name, journal_name
from alembic_rekey.spec import Check, Identity, Relation, Slots, Spec

__all__ = [
    "columns_of",
    "kept_checks",
    "reserved_names",
    "shape_checks",
    "surplus_columns",
    "table_checks",
    "unfilled",
]

_OWN = ("run_id", "action", "canonical")
_BOOKKEEPING = len(_OWN)
"""A journal starts with columns of its own."""


def reserved_names(tables: Iterable[Table], dialect: str) -> Check:
    """Return the check that must pass before journals of `tables` can be made: no column is named like theirs."""
    taken = [_reserved(source, dialect) for source in tables]
    return check("reserved_name", "", select(union_all(*taken).subquery("taken")))


def shape_checks(spec: Spec, dialect: str) -> list[Check]:
    """Return the checks that must pass before the plan may be inserted into the journals."""
    return [
        made for part in spec.parts for made in (*table_checks(part, dialect), *kept_checks(part, dialect).values())
    ]


def table_checks(part: Part, dialect: str) -> Iterator[Check]:
    """Yield the checks of a table alone: a plan asks them before there is any journal."""
    source = part.table
    stored = _columns(source.name, source.schema, dialect, "stored")
    declared = union_all(*(select(literal(str(known.name)).label("name")) for known in source.columns)).subquery(
        "declared"
    )
    missing = (
        select(literal(str(source.name)).label("table"), declared.c.name.label("column"))
        .join_from(declared, stored, stored.c.name == declared.c.name, isouter=True)
        .where(stored.c.name.is_(None))
    )
    yield check("missing_column", part.noun, missing)
    yield check("reserved_name", part.noun, _reserved(source, dialect))
    if isinstance(part, Identity | Slots):
        generated = select(literal(str(source.name)).label("table"), stored.c.name.label("column")).where(
            stored.c.generated == 1
        )
        yield check("generated_column", part.noun, generated)


def kept_checks(part: Part, dialect: str) -> dict[str, Check]:
    """Return, by the side table's name, the checks that what keeps rows of `part` has the shape of its table."""
    source = part.table
    names = {journal_name(source): part.noun}
    if isinstance(part, Identity):
        names[created_name(source)] = f"created_{part.noun}"
    stored = select(_columns(source.name, source.schema, dialect, "found")).cte("stored")
    return {
        name: check("journal_shape", noun, _differences(source, stored, name, dialect)) for name, noun in names.items()
    }


def unfilled(identity: Identity, dialect: str, planned: FromClause) -> Check:
    """Return the check that a created row has a value for every column that needs one."""
    given = [identity.name.name, *identity.created]
    given += [stamp.name for stamp in (identity.created_at, identity.updated_at) if stamp is not None]
    if not identity.database_makes_keys:
        given.append(identity.key.name)
    source = identity.table
    needed = _needed(source, dialect)
    creating = exists(select(literal(1)).select_from(planned).where(planned.c.action == Action.CREATE.value))
    offending = select(literal(str(source.name)).label("table"), needed.c.name.label("column")).where(
        needed.c.name.not_in(given), creating
    )
    return check("unfilled_column", identity.noun, offending)


def _reserved(source: Table, dialect: str) -> Relation:
    stored = _columns(source.name, source.schema, dialect, "stored")
    # SQLite does not tell `Action` from `action`.
    name = func.lower(stored.c.name) if dialect == "sqlite" else stored.c.name
    return select(literal(str(source.name)).label("table"), stored.c.name.label("column")).where(name.in_(_OWN))


def _differences(source: Table, stored: CTE, name: str, dialect: str) -> Relation:
    kept = select(_columns(name, None, dialect, "found")).cte("kept")
    moved = select(stored.c.name, (stored.c.place + _BOOKKEEPING).label("place"), stored.c.type)
    there = select(kept.c.name, kept.c.place, kept.c.type)
    surplus = there.where(kept.c.place > _BOOKKEEPING)
    different = union_all(
        select(moved.except_(there).subquery("lacking")),
        select(surplus.except_(moved).subquery("surplus")),
    ).subquery("different")
    return select(
        literal(str(source.name)).label("table"),
        literal(name).label("journal"),
        different.c[0].label("column"),
    ).distinct()


def surplus_columns(source: Table, known: Sequence[str], dialect: str) -> Relation:
    """Return the columns of the journal of `source`, beside its own, that are not `known`."""
    kept = _columns(journal_name(source), None, dialect, "kept")
    return select(kept.c.name).where(
        kept.c.place > _BOOKKEEPING, kept.c.name.not_in([literal(name, RegistryText()) for name in known])
    )


def columns_of(connection: Connection, source: Table) -> dict[str, str]:
    """Return the columns that `source` has in the database, in their order, with their types as the catalog says."""
    stored = _columns(source.name, source.schema, connection.dialect.name, "stored")
    found = connection.execute(select(stored.c.name, stored.c.type).order_by(stored.c.place))
    return {name: type_ for name, type_ in found}  # noqa: C416  # dict() does not take the rows' type


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
    attribute, there = _attributes(name, schema)
    return (
        select(
            cast(attribute.c.attname, Text).label("name"),
            cast(place(order_by=attribute.c.attnum), Integer).label("place"),
            func.format_type(attribute.c.atttypid, attribute.c.atttypmod).label("type"),
            _is(cast(attribute.c.attgenerated, Text) != "").label("generated"),
        )
        .where(there)
        .subquery(alias)
    )


def _needed(source: Table, dialect: str) -> Subquery:
    """Return the columns of `source` that take no NULL, and that the database does not fill: `name`."""
    if dialect == "sqlite":
        found = func.pragma_table_xinfo(literal(source.name, Text())).table_valued(
            "name", "type", "notnull", "dflt_value", "pk", name="needed_info"
        )
        several = func.max(found.c.pk).over()
        known = select(found, several.label("parts")).subquery("known")
        # The one kind of key that SQLite makes itself.
        made = and_(known.c.pk == 1, known.c.parts == 1, func.upper(known.c.type) == "INTEGER")
        wanting = and_(or_(known.c.notnull == 1, known.c.pk > 0), known.c.dflt_value.is_(None), not_(made))
        return select(cast(known.c.name, Text).label("name")).where(wanting).subquery("needed")
    attribute, there = _attributes(source.name, source.schema)
    filled = or_(attribute.c.atthasdef, cast(attribute.c.attidentity, Text) != "")
    return (
        select(cast(attribute.c.attname, Text).label("name"))
        .where(there, attribute.c.attnotnull, not_(filled))
        .subquery("needed")
    )


def _attributes(name: str, schema: str | None) -> tuple[TableClause, ColumnElement[bool]]:
    """Return PostgreSQL's catalog of columns, and the condition that one of them is of the table."""
    fields = "attname attnum attrelid atttypid atttypmod attgenerated attidentity attnotnull atthasdef attisdropped"
    attribute = table("pg_attribute", *map(column, fields.split()), schema="pg_catalog")
    quoted = ".".join('"' + part.replace('"', '""') + '"' for part in (schema, name) if part is not None)
    there = and_(
        attribute.c.attrelid == func.to_regclass(literal(quoted, Text())),
        attribute.c.attnum > 0,
        ~attribute.c.attisdropped,
    )
    return attribute, there


def _is(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(cast(condition, Integer), literal_column("0"))
