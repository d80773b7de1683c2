"""What SQLite counted: the rows of all statements together, with and without what triggers do.

What a conflict clause replaces it counts nowhere, so the rows of the folded tables are counted too. Where watches noted
each change with its table, those are what counts.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Insert,
    Table,
    case,
    column,
    func,
    insert,
    literal,
    not_,
    select,
    table,
    union_all,
)

from alembic_rekey.spec import Relation
from alembic_rekey.sql.accounts import AFTER, BEFORE, KINDS, Account, unbalanced
from alembic_rekey.sql.dialects.sqlite.catalog.watches import SEEN

__all__ = ["by_total", "by_watch", "counted_since", "counted_so_far"]

_NOTED = table(BEFORE, column("part"), column("rows", BigInteger()))


def counted_so_far(tables: Sequence[tuple[str, Table]]) -> Relation:
    """Return how many rows each table has, and how many changes the connection has seen."""
    lines = [
        select(literal(noun).label("part"), func.count().label("rows")).select_from(source) for noun, source in tables
    ]
    return select(union_all(*lines, select(literal("").label("part"), func.total_changes())).subquery("rekey_noted"))


def counted_since() -> Insert:
    """Return what notes the changes that the connection has seen by now."""
    return insert(_NOTED).from_select(["part", "rows"], select(literal(AFTER), func.total_changes()))


def by_watch(account: Account) -> Relation:
    """Return each table whose changes, noted one by one, are others than the journal's."""
    declared = account.tables
    kinds = (func.coalesce(func.sum(case((SEEN.c.kind == kind, 1))), 0).label(kind) for kind in KINDS)
    counted = (
        select(declared.c.part, SEEN.c.table, *kinds)
        .join_from(SEEN, declared, func.lower(declared.c.table) == func.lower(SEEN.c.table), isouter=True)
        .group_by(SEEN.c.table)
        .cte("rekey_counted")
        .prefix_with("MATERIALIZED")
    )
    return unbalanced(account, declared, counted)


def by_total(account: Account) -> Relation:
    """Return what was counted otherwise than the journal: rows of a table, or changes of all tables together."""

    def noted(part: str) -> ColumnElement[int]:
        return select(_NOTED.c.rows).where(_NOTED.c.part == part).scalar_subquery()

    changed, before = account.changed.cte("rekey_journalled"), _NOTED.alias("rekey_before")
    standing = union_all(
        *(
            select(
                literal(entry.noun).label("part"),
                literal(str(entry.table.name)).label("table"),
                select(func.count()).select_from(entry.table).scalar_subquery().label("rows"),
            )
            for entry in account.entries
        )
    ).subquery("rekey_standing")
    kept = before.c.rows - func.coalesce(changed.c.deleted, 0) + func.coalesce(changed.c.inserted, 0)
    tables = (
        select(
            standing.c.table,
            literal("in the table").label("kind"),
            standing.c.rows.label("counted"),
            kept.label("journalled"),
            literal(0).label("again"),
        )
        .join_from(standing, before, before.c.part == standing.c.part)
        .join(changed, changed.c.part == standing.c.part, isouter=True)
    )
    # A trigger may write the time of the change, once more per row.
    again = select(func.coalesce(func.sum(account.allowed(changed)), 0))
    together = select(
        literal("all tables together"),
        literal("changed"),
        noted(AFTER) - noted("") - account.recorded,
        account.applied,
        again.scalar_subquery(),
    )
    compared = union_all(tables, together).subquery("rekey_account")
    surplus = compared.c.counted - compared.c.journalled
    found = (compared.c.table, compared.c.kind, compared.c.counted, compared.c.journalled)
    return select(*found).where(not_(surplus.between(0, compared.c.again)))
