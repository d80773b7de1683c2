"""Rows that a table outside the plan hangs on rows that the plan deletes or renames.

Which tables those are only the catalog knows. With a connection it is read first, and each foreign
key becomes a check; a script asks the catalog when it runs (`attached_in_script`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, and_, column, exists, func, literal, select, table, text

from alembic_rekey.expressions import quoted
from alembic_rekey.guard import check
from alembic_rekey.plan import Part, Planned
from alembic_rekey.rules import DELETED, Action
from alembic_rekey.spec import Check, Identity, Spec

__all__ = ["ForeignKey", "attached", "covered_columns", "foreign_keys", "hanging"]
from alembic_rekey.way_back import Attached


@dataclass(frozen=True)
class ForeignKey:
    """One foreign key as the catalog has it; `columns` and `referred` correspond."""

    schema: str | None
    child: str
    columns: tuple[str, ...]
    referred: tuple[str, ...]
    visible: bool
    """Whether the child's name alone, without its schema, means this table."""


_SQLITE_KEYS = text(
    """
    SELECT NULL AS schema, child.name AS child, 1 AS visible, fk.id AS number,
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
    SELECT namespace.nspname AS schema, child.relname AS child, pg_table_is_visible(child.oid) AS visible,
           fk.oid AS number,
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
        found = connection.execute(_POSTGRESQL_KEYS, {"parent": quoted(parent.name, parent.schema)})
    else:
        found = connection.execute(_SQLITE_KEYS, {"parent": parent.name})
    pairs: dict[tuple[str | None, str, bool, int], list[tuple[str, str]]] = defaultdict(list)
    for schema, child, visible, number, field, target in found:
        pairs[schema, child, bool(visible), number].append((field, target))
    return [
        ForeignKey(schema, child, tuple(field for field, _ in fields), tuple(target for _, target in fields), visible)
        for (schema, child, visible, _), fields in pairs.items()
    ]


def covered_columns(spec: Spec, part: Part) -> list[tuple[Table, str]]:
    """Return the tables and columns whose rows the plan moves before a row of `part` goes."""
    if not isinstance(part, Identity):
        return []
    owners = [(slots.table, slots.owner.name) for slots in spec.slots]
    return [*owners, *((tags.table, tags.tag.name) for tags in spec.tags)]


def _is_covered(key: ForeignKey, spec: Spec, part: Part) -> bool:
    return any(
        # Another schema may hold a table of the same name.
        (key.child, *key.columns) == (child.name, column)
        and (key.visible if child.schema is None else key.schema == child.schema)
        for child, column in covered_columns(spec, part)
    )


def attached(connection: Connection, spec: Spec, planned: Planned) -> Iterator[Check]:
    """Yield a check per foreign key through which rows hang on rows that the plan cannot take away or rename."""
    for part in spec.deletable:
        for number, key in enumerate(foreign_keys(connection, part.table)):
            renaming = [Action.RENAME] if isinstance(part, Identity) and part.name.name in key.referred else []
            if not _is_covered(key, spec, part):
                yield _attached_by(key, part, f"{part.noun}_{number}", planned, "attached", [*DELETED, *renaming])
            elif renaming and connection.dialect.name == "postgresql":
                # SQLite asks at the end, when the rows under the old spelling have moved as well.
                yield _attached_by(key, part, f"{part.noun}_{number}", planned, "attached_by_name", renaming)


def _attached_by(
    key: ForeignKey, part: Part, numbered: str, planned: Planned, name: str, actions: Sequence[Action]
) -> Check:
    gone = planned[part]
    # Aliases: the key may refer to its own table.
    child = table(key.child, *(column(name) for name in key.columns), schema=key.schema).alias("rekey_child")
    # The parent's own column carries the value: one that the revision does not know is in no plan relation.
    names = {part.key.name, *key.referred}
    parent = table(part.table.name, *(column(name) for name in names), schema=part.table.schema).alias("rekey_parent")
    pairs = zip(key.columns, key.referred, strict=True)
    offending = (
        select(
            literal(str(key.child)).label("child"),
            literal(str(part.table.name)).label("table"),
            gone.c[part.key.name].label("key"),
            gone.c.rekey_action.label("action"),
            literal(", ".join(key.columns)).label("columns"),
            func.count().label("rows"),
        )
        .join_from(gone, parent, parent.c[part.key.name] == gone.c[part.key.name])
        .join(child, and_(*(child.c[field] == parent.c[target] for field, target in pairs)))
        .where(gone.c.rekey_action.in_([action.value for action in actions]))
        .group_by(gone.c[part.key.name], gone.c.rekey_action)
        .order_by(gone.c[part.key.name])
    )
    return check(name, numbered, offending)


def hanging(connection: Connection, spec: Spec) -> Attached:
    """Return the conditions under which rows of a table outside the spec hang on a row of the identity."""
    identity = spec.identity
    found = [key for key in foreign_keys(connection, identity.table) if not _is_covered(key, spec, identity)]

    def conditions(key: ColumnElement[Any]) -> Iterator[ColumnElement[bool]]:
        for each in found:
            child = table(each.child, *(column(name) for name in each.columns), schema=each.schema).alias("rekey_child")
            names = {identity.key.name, *each.referred}
            parent = table(identity.table.name, *(column(n) for n in names), schema=identity.table.schema).alias(
                "rekey_parent"
            )
            pairs = zip(each.columns, each.referred, strict=True)
            matched = and_(*(child.c[field] == parent.c[target] for field, target in pairs))
            yield exists(
                select(literal(1)).select_from(child.join(parent, matched)).where(parent.c[identity.key.name] == key)
            )

    return conditions
