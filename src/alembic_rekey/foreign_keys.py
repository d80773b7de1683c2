"""Rows that a table outside the plan hangs on rows that the plan deletes or renames.

Which tables those are only the catalog knows. With a connection it is read first, and each foreign
key becomes a check; a script asks the catalog when it runs (`attached_in_script`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, Table, and_, column, func, literal, or_, select, table, text

from alembic_rekey.guard import check
from alembic_rekey.plan import Part, Planned
from alembic_rekey.rules import DELETED, Action
from alembic_rekey.spec import Check, Identity, Spec

__all__ = ["ForeignKey", "attached", "covered_columns", "foreign_keys"]


@dataclass(frozen=True)
class ForeignKey:
    """One foreign key as the catalog has it; `columns` and `referred` correspond."""

    schema: str | None
    child: str
    columns: tuple[str, ...]
    referred: tuple[str, ...]


_SQLITE_KEYS = text(
    """
    SELECT NULL AS schema, child.name AS child, fk.id AS number,
           fk."from" AS field, coalesce(fk."to", pk.name) AS target
    FROM sqlite_master AS child
    JOIN pragma_foreign_key_list(child.name) AS fk
    LEFT JOIN pragma_table_info(fk."table") AS pk ON fk."to" IS NULL AND pk.pk = fk.seq + 1
    WHERE child.type = 'table' AND lower(fk."table") = lower(:parent)
    ORDER BY child.name, fk.id, fk.seq
    """
)
_POSTGRESQL_KEYS = text(
    """
    SELECT namespace.nspname AS schema, child.relname AS child, fk.oid AS number,
           source.attname AS field, target.attname AS target
    FROM pg_catalog.pg_constraint AS fk
    JOIN pg_catalog.pg_class AS child ON child.oid = fk.conrelid
    JOIN pg_catalog.pg_namespace AS namespace ON namespace.oid = child.relnamespace
    CROSS JOIN LATERAL unnest(fk.conkey, fk.confkey) WITH ORDINALITY AS pair(field, target, place)
    JOIN pg_catalog.pg_attribute AS source ON source.attrelid = fk.conrelid AND source.attnum = pair.field
    JOIN pg_catalog.pg_attribute AS target ON target.attrelid = fk.confrelid AND target.attnum = pair.target
    WHERE fk.contype = 'f' AND fk.conparentid = 0 AND fk.confrelid = to_regclass(:parent)
    ORDER BY namespace.nspname, child.relname, fk.oid, pair.place
    """
)


def foreign_keys(connection: Connection, parent: Table) -> list[ForeignKey]:
    """Return the foreign keys of all tables that refer to `parent`, partitions counted once."""
    if connection.dialect.name == "postgresql":
        found = connection.execute(_POSTGRESQL_KEYS, {"parent": _quoted(connection, parent)})
    else:
        found = connection.execute(_SQLITE_KEYS, {"parent": parent.name})
    pairs: dict[tuple[str | None, str, int], list[tuple[str, str]]] = defaultdict(list)
    for schema, child, number, field, target in found:
        pairs[schema, child, number].append((field, target))
    return [
        ForeignKey(schema, child, *(tuple(names) for names in zip(*fields, strict=True)))
        for (schema, child, _), fields in pairs.items()
    ]


def covered_columns(spec: Spec, part: Part) -> set[tuple[str, str]]:
    """Return the (table, column) pairs whose rows the plan moves before a row of `part` goes."""
    if not isinstance(part, Identity):
        return set()
    slots = {(slots.table.name, slots.owner.name) for slots in spec.slots}
    return slots | {(tags.table.name, tags.tag.name) for tags in spec.tags}


def attached(connection: Connection, spec: Spec, planned: Planned) -> Iterator[Check]:
    """Yield a check per foreign key that a table outside the plan has to a table whose rows may go."""
    for part in spec.deletable:
        covered = covered_columns(spec, part)
        for number, key in enumerate(foreign_keys(connection, part.table)):
            if len(key.columns) == 1 and (key.child, key.columns[0]) in covered:
                continue
            yield _attached_by(key, part, number, planned)


def _attached_by(key: ForeignKey, part: Part, number: int, planned: Planned) -> Check:
    gone = planned[part]
    child = table(key.child, *(column(name) for name in key.columns), schema=key.schema)
    # The parent's own column carries the value: one that the revision does not know is in no plan relation.
    parent = table(part.table.name, *(column(n) for n in {part.key.name, *key.referred}), schema=part.table.schema)
    pairs = zip(key.columns, key.referred, strict=True)
    doomed: ColumnElement[bool] = gone.c.action.in_([action.value for action in DELETED])
    if isinstance(part, Identity) and part.name.name in key.referred:
        doomed = or_(doomed, gone.c.action == Action.RENAME.value)
    offending = (
        select(
            literal(str(key.child)).label("child"),
            literal(str(part.table.name)).label("table"),
            gone.c[part.key.name].label("key"),
            gone.c.action,
            literal(", ".join(key.columns)).label("columns"),
            func.count().label("rows"),
        )
        .join_from(gone, parent, parent.c[part.key.name] == gone.c[part.key.name])
        .join(child, and_(*(child.c[field] == parent.c[target] for field, target in pairs)))
        .where(doomed)
        .group_by(gone.c[part.key.name], gone.c.action)
        .order_by(gone.c[part.key.name])
    )
    return check("attached", f"{part.noun}_{number}", offending)


def _quoted(connection: Connection, parent: Table) -> str:
    return connection.dialect.identifier_preparer.format_table(parent)
