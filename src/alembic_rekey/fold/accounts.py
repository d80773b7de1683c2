"""Every change is accounted for: what the database itself counted in this transaction, against the journal."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import ColumnElement, MetaData, Table, and_, func, select
from sqlalchemy.schema import CreateTableAs, DropTable

from alembic_rekey.fold.identity import learning, learnt_rows
from alembic_rekey.fold.watches import Watches
from alembic_rekey.guard.checks import check
from alembic_rekey.plan.counts import planned_rows
from alembic_rekey.plan.rules import DELETED, REFUSED, Action
from alembic_rekey.spec import Check, Part, Spec, Stamped
from alembic_rekey.sql.accounts import BEFORE, KINDS, Account, Entry
from alembic_rekey.sql.dialects import database
from alembic_rekey.sql.side_tables import counts, created, current_run, journal_name, metadata
from alembic_rekey.sql.steps import Statement, Step

__all__ = ["accounts_checked", "accounts_closed", "accounts_opened", "accounts_taken"]

_UPDATED = tuple(sorted({*Action} - {*DELETED, *REFUSED, Action.CREATE, Action.KEEP}))
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
    own = [*metadata.tables, *(journal_name(part.table) for part in spec.parts), created(spec.identity).name]
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
    """Return how many rows the apply phase wrote for us.

    A line per count, the created rows that are kept, and the lines of journals that learnt the keys of these.
    """
    kept = created(spec.identity)
    rows = [select(func.count()).select_from(counts).where(_applied())]
    if spec.identity.creates:
        own = kept.c.rekey_run == current_run()
        rows.append(select(func.count()).select_from(kept).where(own))
        rows += [learnt_rows(spec.identity, part) for part in learning(spec)]
    total, *others = (counted.scalar_subquery() for counted in rows)
    return sum(others, start=total)
