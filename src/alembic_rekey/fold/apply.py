"""The journal -> rows: the statements of an upgrade, in order; never commits.

Every statement reads the journal of the current run and nothing else decides. No cascade is
relied on: what goes with a shadow is deleted by name before the shadow is (pitfalls, One transaction).
"""

from __future__ import annotations

from functools import singledispatch

from sqlalchemy import case, literal, update

from alembic_rekey.fold.identity import identity_after, identity_before
from alembic_rekey.fold.slots import slots_steps
from alembic_rekey.fold.tags import tags_counts, tags_steps
from alembic_rekey.plan.counts import touching
from alembic_rekey.plan.rules import IDENTITY_APPLY_COUNTS, SLOTS_APPLY_COUNTS, Count
from alembic_rekey.spec import Identity, Part, Slots, Spec, Tags
from alembic_rekey.spec.part import unhandled
from alembic_rekey.sql.expressions import Clock
from alembic_rekey.sql.side_tables import current_run, runs
from alembic_rekey.sql.steps import Statement, Step

__all__ = ["apply_counts", "apply_steps", "changing", "finish"]


@singledispatch
def apply_counts(part: Part) -> tuple[Count, ...]:
    """Return the counts of the apply phase for `part`: one per statement; each kind of part has its own."""
    raise unhandled(part, "is counted while it changes")


apply_counts.register(Identity, lambda _identity: IDENTITY_APPLY_COUNTS)
apply_counts.register(Slots, lambda _slots: SLOTS_APPLY_COUNTS)
apply_counts.register(Tags, tags_counts)


@singledispatch
def changing(part: Part, _spec: Spec, _dialect: str) -> list[Statement]:
    """Return what changes the rows of `part`, which is not the identity; each kind of part has its own."""
    raise unhandled(part, "is applied")


changing.register(Slots, slots_steps)
changing.register(Tags, tags_steps)


def apply_steps(spec: Spec, dialect: str) -> list[Step]:
    """Return the statements that turn the journal of the current run into changed rows, with their counts."""
    return [
        *identity_before(spec.identity, dialect),
        *(step for part in spec.children for step in changing(part, spec, dialect)),
        *identity_after(spec.identity, dialect),
    ]


def finish() -> Statement:
    """Return the statement that records how the run ended."""
    outcome = case((touching(), literal("applied")), else_=literal("empty"))
    return Statement(
        "Record how the run ended.",
        update(runs).where(runs.c.id == current_run()).values(outcome=outcome, finished_at=Clock()),
    )
