"""What a downgrade accounts for: the changes that its decision names, row by row."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import BigInteger, ColumnElement, cast, func, literal, select

from alembic_rekey.back.drift import Drift
from alembic_rekey.guard.accounts import UPDATED, balanced
from alembic_rekey.guard.watches import Watches
from alembic_rekey.plan.rules import DELETED, Action
from alembic_rekey.spec import Check, Part, Spec, Stamped
from alembic_rekey.sql.accounts import KINDS, Entry
from alembic_rekey.undo.decided import stored_back

__all__ = ["returns_checked"]

_ACTIONS = {"inserted": DELETED, "updated": UPDATED, "deleted": (Action.CREATE,)}


def returns_checked(spec: Spec, dialect: str, watches: Watches) -> Check:
    """Return the check that no row of any table changed but those that go back."""
    entries = [_entry(part) for part in spec.parts]
    applied = sum((entry.named[kind] for entry in entries for kind in KINDS), start=literal(0))
    return balanced(spec, dialect, watches, entries, applied=applied, recorded=literal(0))


def _entry(part: Part) -> Entry:
    named = {kind: _going_back(part, _ACTIONS[kind]) for kind in KINDS}
    again = None if part.stamped is Stamped.BY_THE_RUN else _going_back(part, UPDATED)
    return Entry(part.noun, part.table, named, again)


def _going_back(part: Part, actions: Iterable[Action]) -> ColumnElement[int]:
    back = stored_back(part)
    wanted = sorted(action.value for action in actions)
    rows = select(func.count()).where(back.c.action.in_(wanted), back.c.drift == Drift.UNTOUCHED.value)
    return cast(rows.scalar_subquery(), BigInteger)
