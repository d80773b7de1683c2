"""Every change is accounted for: what the database itself counted, against what a run or its way back names."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import ColumnElement, MetaData, Table
from sqlalchemy.schema import DropTable

from alembic_rekey.guard.checks import check
from alembic_rekey.guard.watches import Watches
from alembic_rekey.plan.rules import DELETED, REFUSED, Action
from alembic_rekey.spec import Check, Relation, Spec, Stamped
from alembic_rekey.sql.accounts import BEFORE, Account, Entry
from alembic_rekey.sql.dialects import database
from alembic_rekey.sql.dialects.older import CreateTableAs
from alembic_rekey.sql.side_tables import created, journal_name, metadata
from alembic_rekey.sql.steps import Statement, Step

__all__ = ["UPDATED", "accounts_closed", "accounts_opened", "accounts_taken", "balanced"]

UPDATED = tuple(sorted({*Action} - {*DELETED, *REFUSED, Action.CREATE, Action.KEEP}))
"""The actions that give a row other values."""


def accounts_opened(spec: Spec, dialect: str) -> Step:
    """Return the step that notes what the database has counted so far: the last one before the changes."""
    noted = database(dialect).counted_so_far([(part.noun, part.table) for part in spec.parts])
    says = "Note what the database has counted so far, to compare with after the changes."
    return Statement(says, CreateTableAs(noted, BEFORE))


def accounts_taken(dialect: str) -> Iterator[Step]:
    """Yield the step that notes the same after the changes, where what follows would be counted too."""
    for taking in database(dialect).counted_since():
        yield Statement("Note what the database has counted since.", taking)


def balanced(
    spec: Spec,
    dialect: str,
    watches: Watches,
    changed: Relation,
    *,
    applied: ColumnElement[int],
    recorded: ColumnElement[int],
) -> Check:
    """Return the check that no row of any table changed but those that `changed` names, per part (`sql.accounts`).

    `watches` noted each change with its table, where there are any. Else `applied` rows were changed in all tables
    together, and `recorded` ones in our own.
    """
    own = [*metadata.tables, *(journal_name(part.table) for part in spec.parts), created(spec.identity).name]
    again = [part.noun for part in spec.parts if part.stamped is not Stamped.BY_THE_RUN]
    account = Account([Entry(part.noun, part.table) for part in spec.parts], changed, again, own, applied, recorded)
    return check("unaccounted", "", database(dialect).unaccounted(account, watched=bool(watches)))


def accounts_closed() -> Step:
    """Return the step that drops what `accounts_opened` noted."""
    return Statement("Drop what was noted.", DropTable(Table(BEFORE, MetaData())))
