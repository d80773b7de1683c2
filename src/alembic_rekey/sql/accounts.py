"""Every change is accounted for: what is held against what the database itself counted in this transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import (
    CTE,
    ColumnElement,
    FromClause,
    Table,
    Text,
    case,
    column,
    exists,
    func,
    literal,
    not_,
    or_,
    select,
    union_all,
    values,
)

from alembic_rekey.spec import Relation
from alembic_rekey.sql.expressions import quoted

__all__ = ["AFTER", "BEFORE", "KINDS", "Account", "Entry", "unbalanced"]

BEFORE = "rekey_counted_before"
"""The temporary table of what was counted before the changes."""

AFTER = "after"
"""What stands there for all tables together, once the changes are made."""

KINDS = ("inserted", "updated", "deleted")


@dataclass(frozen=True)
class Entry:
    """A table whose changes a run's journal names, with the noun of its part."""

    noun: str
    table: Table


@dataclass(frozen=True)
class Account:
    """What a run's journal names of all tables, and what its record says was done."""

    entries: Sequence[Entry]
    changed: Relation
    """How many rows the journal names: the noun as `part`, and a column per kind of change."""
    again: Sequence[str]
    """The nouns of those of which a trigger may write an updated row once more, with the time of the change."""
    own: Sequence[str]
    """Our own tables, whose changes are none of the application's."""
    applied: ColumnElement[int]
    """How many rows the statements reported, all of them together."""
    recorded: ColumnElement[int]
    """How many rows were written for us on the way."""

    def allowed(self, named: FromClause) -> ColumnElement[int]:
        """Return how many updated rows of a part may be written once more."""
        once: ColumnElement[int] = literal(0)
        return case((named.c.part.in_(self.again), named.c.updated), else_=once) if self.again else once

    @property
    def tables(self) -> CTE:
        """Return the tables as a relation: `part`, `table`, and `quoted` with its schema."""
        rows = [
            (entry.noun, str(entry.table.name), quoted(entry.table.name, entry.table.schema)) for entry in self.entries
        ]
        listed = values(*(column(name, Text()) for name in ("part", "table", "quoted")))
        return listed.data(rows).cte("rekey_accounted")


def unbalanced(account: Account, tables: CTE, counted: CTE, *others: Relation) -> Relation:
    """Return each kind of change of each of the account's `tables` that was `counted` otherwise than it is named."""
    named = account.changed.cte("rekey_journalled").prefix_with("MATERIALIZED", dialect="sqlite")
    of_journal = (
        select(
            func.coalesce(tables.c.table, counted.c.table).label("table"),
            account.allowed(named).label("again"),
            *(func.coalesce(counted.c[kind], 0).label(kind) for kind in KINDS),
            *(func.coalesce(named.c[kind], 0).label(f"named_{kind}") for kind in KINDS),
        )
        .join_from(named, counted, counted.c.part == named.c.part, isouter=True)
        .join(tables, tables.c.part == named.c.part, isouter=True)
    )
    # Not a full join: SQLite has that from 3.39 on.
    is_named = exists(select(literal(1)).select_from(named).where(named.c.part == counted.c.part))
    zero = literal(0)
    beside = select(counted.c.table, zero, *(counted.c[kind] for kind in KINDS), *(zero for _ in KINDS))
    both = union_all(of_journal, beside.where(not_(is_named))).cte("rekey_account")
    stayed = both.c.inserted - both.c.deleted != both.c.named_inserted - both.c.named_deleted
    surplus = both.c.inserted + both.c.updated - both.c.named_inserted - both.c.named_updated
    wrong = select(both).where(or_(stayed, not_(surplus.between(0, both.c.again)))).cte("rekey_wrong")
    lines = [
        select(
            wrong.c.table,
            literal(kind).label("kind"),
            wrong.c[kind].label("counted"),
            wrong.c[f"named_{kind}"].label("journalled"),
        ).where(wrong.c[kind] != wrong.c[f"named_{kind}"])
        for kind in KINDS
    ]
    return select(union_all(*lines, *others).subquery("rekey_unaccounted"))
