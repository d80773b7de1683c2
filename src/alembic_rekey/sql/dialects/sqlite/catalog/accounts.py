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
    names = [
        select(literal(entry.noun).label("part"), literal(str(entry.table.name)).label("table"))
        for entry in account.entries
    ]
    declared = union_all(*names).cte("rekey_declared")
    kinds = (func.coalesce(func.sum(case((SEEN.c.kind == kind, 1))), 0).label(kind) for kind in KINDS)
    counted = (
        select(declared.c.part, SEEN.c.table, *kinds)
        .join_from(SEEN, declared, func.lower(declared.c.table) == func.lower(SEEN.c.table), isouter=True)
        .group_by(SEEN.c.table)
        .cte("rekey_counted")
    )
    return unbalanced(account, counted)


def by_total(account: Account) -> Relation:
    """Return what was counted otherwise than the journal: rows of a table, or changes of all tables together."""

    def noted(part: str) -> ColumnElement[int]:
        return select(_NOTED.c.rows).where(_NOTED.c.part == part).scalar_subquery()

    lines = []
    for entry in account.entries:
        lines.append(
            select(
                literal(str(entry.table.name)).label("table"),
                literal("in the table").label("kind"),
                select(func.count()).select_from(entry.table).scalar_subquery().label("counted"),
                (noted(entry.noun) - entry.named["deleted"] + entry.named["inserted"]).label("journalled"),
            )
        )
    lines.append(
        select(
            literal("all tables together"),
            literal("changed"),
            noted(AFTER) - noted("") - account.recorded,
            account.applied,
        )
    )
    compared = union_all(*lines).subquery("rekey_account")
    # A trigger may write the time of the change, once more per row.
    again = [entry.again for entry in account.entries if entry.again is not None]
    allowed = case((compared.c.kind == "changed", sum(again, literal(0))), else_=0)
    return select(compared).where(not_((compared.c.counted - compared.c.journalled).between(0, allowed)))
