"""Every change is accounted for: what is held against what the database itself counted in this transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import CTE, ColumnElement, Table, func, literal, not_, or_, select, union_all

from alembic_rekey.spec import Relation

__all__ = ["AFTER", "BEFORE", "KINDS", "Account", "Entry", "unbalanced"]

BEFORE = "rekey_counted_before"
"""The temporary table of what was counted before the changes."""

AFTER = "after"
"""What stands there for all tables together, once the changes are made."""

KINDS = ("inserted", "updated", "deleted")


@dataclass(frozen=True)
class Entry:
    """What a run's journal names of one table: how many rows of each kind of change."""

    noun: str
    table: Table
    named: Mapping[str, ColumnElement[int]]
    again: ColumnElement[int] | None
    """How many of the updated ones a trigger may write once more, with the time of the change."""


@dataclass(frozen=True)
class Account:
    """What a run's journal names of all tables, and what its record says was done."""

    entries: Sequence[Entry]
    own: Sequence[str]
    """Our own tables, whose changes are none of the application's."""
    applied: ColumnElement[int]
    """How many rows the statements reported, all of them together."""
    recorded: ColumnElement[int]
    """How many rows were written for us on the way."""

    @property
    def named(self) -> CTE:
        """Return it as a relation: `part`, `table`, `again` and one column per kind of change."""
        lines = [
            select(
                literal(entry.noun).label("part"),
                literal(str(entry.table.name)).label("table"),
                (literal(0) if entry.again is None else entry.again).label("again"),
                *(entry.named[kind].label(kind) for kind in KINDS),
            )
            for entry in self.entries
        ]
        return union_all(*lines).cte("rekey_journalled")


def unbalanced(account: Account, counted: CTE, *others: Relation) -> Relation:
    """Return each kind of change of each table that was `counted` otherwise than the journal names it."""
    named = account.named
    both = (
        select(
            func.coalesce(named.c.table, counted.c.table).label("table"),
            func.coalesce(named.c.again, 0).label("again"),
            *(func.coalesce(counted.c[kind], 0).label(kind) for kind in KINDS),
            *(func.coalesce(named.c[kind], 0).label(f"named_{kind}") for kind in KINDS),
        )
        .join_from(named, counted, counted.c.part == named.c.part, full=True)
        .cte("rekey_account")
    )
    stayed = both.c.inserted - both.c.deleted != both.c.named_inserted - both.c.named_deleted
    surplus = both.c.inserted + both.c.updated - both.c.named_inserted - both.c.named_updated
    lines = [
        select(
            both.c.table,
            literal(kind).label("kind"),
            both.c[kind].label("counted"),
            both.c[f"named_{kind}"].label("journalled"),
        ).where(or_(stayed, not_(surplus.between(0, both.c.again))), both.c[kind] != both.c[f"named_{kind}"])
        for kind in KINDS
    ]
    return select(union_all(*lines, *others).subquery("rekey_unaccounted"))
