"""Every change is accounted for: what the database itself counted in this transaction, against the journal."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import ColumnElement, MetaData, Table, and_, func, select
from sqlalchemy.schema import CreateTableAs, DropTable

from alembic_rekey.fold.watches import Watches
from alembic_rekey.guard.checks import check
from alembic_rekey.plan.counts import planned_rows
from alembic_rekey.plan.plan import Part
from alembic_rekey.plan.rules import DELETED, Action
from alembic_rekey.spec import Check, Spec, Stamped
from alembic_rekey.sql.accounts import BEFORE, KINDS, Account, Entry
from alembic_rekey.sql.dialects import database
from alembic_rekey.sql.side_tables import counts, created, current_run, journal_name, metadata
from alembic_rekey.sql.steps import Statement, Step

__all__ = ["accounts_checked", "accounts_closed", "accounts_opened", "accounts_taken"]

_UPDATED = (Action.RENAME, Action.REKEY, Action.REVIVE, Action.SUPERSEDE)
_ACTIONS = {"inserted": (Action.CREATE,), "updated": _UPDATED, "deleted": DELETED}


def accounts_opened(spec: Spec, dialect: str) -> Step:
    """Return the step that notes what the database has counted so far: the last one before apply."""
    noted = database(dialect).counted_so_far([(part.noun, part.table) for part in spec.parts])
    says = "Note what the database has counted so far, to compare with after the changes."
    return Statement(says, CreateTableAs(noted, BEFORE, temporary=True))


def accounts_checked(spec: Spec, dialect: str, watches: Watches) -> Check:
    """Return the check that no row of any table changed but those that the journal names.

    `watches` noted each change with its table, where there are any.
    """
    own = [*metadata.tables, *(journal_name(part.table) for part in spec.parts), created(spec.identity.table).name]
    account = Account(
        [_entry(part) for part in spec.parts],
        own,
        select(func.coalesce(func.sum(counts.c.value), 0)).where(_applied()).scalar_subquery(),
        _own_changes(spec),
    )
    return check("unaccounted", "", database(dialect).unaccounted(account, watched=bool(watches)))


def accounts_taken(dialect: str) -> Iterator[Step]:
    """Yield the step that notes the same after the changes, where what follows would be counted too."""
    for taking in database(dialect).counted_since():
        yield Statement("Note what the database has counted since.", taking)


def accounts_closed() -> Step:
    """Return the step that drops what `accounts_opened` noted."""
    return Statement("Drop what was noted.", DropTable(Table(BEFORE, MetaData())))


def _entry(part: Part) -> Entry:
    named = {kind: planned_rows(part, _ACTIONS[kind]) for kind in KINDS}
    again = None if part.stamped is Stamped.BY_THE_RUN else planned_rows(part, _UPDATED)
    return Entry(part.noun, part.table, named, again)


def _applied() -> ColumnElement[bool]:
    return and_(counts.c.run_id == current_run(), counts.c.phase == "apply")


def _own_changes(spec: Spec) -> ColumnElement[int]:
    """Return how many rows the apply phase wrote for us: a line per count, and the created rows that are kept."""
    kept = created(spec.identity.table)
    lines = select(func.count()).select_from(counts).where(_applied()).scalar_subquery()
    made = select(func.count()).select_from(kept).where(kept.c.rekey_run == current_run()).scalar_subquery()
    return lines + made
