"""What an upgrade accounts for: the changes that the journal of its run names."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, func, select

from alembic_rekey.fold.identity import learning, learnt_rows
from alembic_rekey.guard.accounts import UPDATED, balanced
from alembic_rekey.guard.watches import Watches
from alembic_rekey.plan.counts import changed_rows
from alembic_rekey.plan.rules import DELETED, Action
from alembic_rekey.spec import Check, Spec
from alembic_rekey.sql.accounts import KINDS
from alembic_rekey.sql.side_tables import counts, created, current_run

__all__ = ["accounts_checked"]

_ACTIONS = {"inserted": (Action.CREATE,), "updated": UPDATED, "deleted": DELETED}


def accounts_checked(spec: Spec, dialect: str, watches: Watches) -> Check:
    """Return the check that no row of any table changed but those that the journal names."""
    return balanced(
        spec,
        dialect,
        watches,
        changed_rows({kind: _ACTIONS[kind] for kind in KINDS}),
        applied=select(func.coalesce(func.sum(counts.c.value), 0)).where(_applied()).scalar_subquery(),
        recorded=_own_changes(spec),
    )


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
        rows += [counted for part in learning(spec) for counted in learnt_rows(spec.identity, part)]
    total, *others = (counted.scalar_subquery() for counted in rows)
    return sum(others, start=total)
