"""What a downgrade accounts for: the changes that its decision names, row by row."""

from __future__ import annotations

from sqlalchemy import BigInteger, case, cast, func, literal, select, union_all

from alembic_rekey.back.drift import Drift
from alembic_rekey.guard.accounts import UPDATED, balanced
from alembic_rekey.guard.watches import Watches
from alembic_rekey.plan.rules import DELETED, Action
from alembic_rekey.spec import Check, Part, Relation, Spec
from alembic_rekey.sql.accounts import KINDS
from alembic_rekey.undo.decided import stored_back

__all__ = ["returns_checked"]

_ACTIONS = {"inserted": DELETED, "updated": UPDATED, "deleted": (Action.CREATE,)}


def returns_checked(spec: Spec, dialect: str, watches: Watches) -> Check:
    """Return the check that no row of any table changed but those that go back."""
    returning = select(union_all(*map(_returning, spec.parts)).subquery("rekey_returning"))
    named = returning.subquery("rekey_named")
    applied = select(func.sum(sum((named.c[kind] for kind in KINDS), start=literal(0)))).scalar_subquery()
    return balanced(spec, dialect, watches, returning, applied=applied, recorded=literal(0))


def _returning(part: Part) -> Relation:
    back = stored_back(part)
    kinds = (
        cast(func.count(case((back.c.action.in_(sorted(action.value for action in _ACTIONS[kind])), 1))), BigInteger)
        for kind in KINDS
    )
    named = (rows.label(kind) for rows, kind in zip(kinds, KINDS, strict=True))
    return select(literal(part.noun).label("part"), *named).where(back.c.drift == Drift.UNTOUCHED.value)
