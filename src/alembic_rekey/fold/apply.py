"""The journal -> rows: the statements of an upgrade, in order; never commits.

Every statement reads the journal of the current run and nothing else decides. No cascade is
relied on: what goes with a shadow is deleted by name before the shadow is (pitfalls, One transaction).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import ColumnElement, case, exists, literal, select, update

from alembic_rekey.fold.changes import deleting, of_this_run, updating
from alembic_rekey.fold.identity import created_counting, creating, keys_learnt
from alembic_rekey.plan.actions import Count, applied_counts
from alembic_rekey.plan.counts import touching
from alembic_rekey.plan.groups.members import Planned
from alembic_rekey.plan.groups.registered import Names
from alembic_rekey.plan.rules import DELETED, Action
from alembic_rekey.spec import Part, Spec
from alembic_rekey.sql.dialects import database
from alembic_rekey.sql.dialects.interface import Change
from alembic_rekey.sql.expressions import Clock
from alembic_rekey.sql.side_tables import current_run, journal, runs
from alembic_rekey.sql.steps import Guard, Statement, Step, counted

__all__ = ["apply_steps", "finish"]

_SAYS = {
    Action.CREATE: "Create the canonical rows that are missing.",
    Action.RENAME: "Spell misspelt canonical rows as they are registered.",
    Action.DELETE: "Delete rows of {table}; everything that hung on them has moved.",
    Action.RETIRE: "Mark the shadows of {table}; everything that hung on them has moved.",
    Action.ABSORB: "Give the rows of {table} that stay what those had that go.",
    Action.REPLACE: "Delete the inactive canonical rows of {table} that an active shadow row displaces.",
    Action.MERGE: "Delete the rows of {table} that say the same as the one that stays.",
    Action.DROP: "Delete the historical drops of {table}: rows that say otherwise than the survivor of their slot.",
    Action.REVIVE: "Make the canonical rows of {table} active again that say what the active shadow row said.",
    Action.REKEY: "Write the rows of {table} under their canonical.",
    Action.DETACH: "Let the rows of {table} refer to no shadow.",
    Action.SUPERSEDE: "Supersede the duplicates in {table}, under their canonical name too.",
}


@dataclass(frozen=True)
class _Applying:
    """One fold, said by its spec, in one dialect."""

    spec: Spec
    names: Names
    planned: Planned
    dialect: str

    def steps(self, part: Part, counts: list[Count]) -> Iterator[Statement]:
        for count in counts:
            action = count.actions[0]
            says = _SAYS[action].format(table=part.table.name)
            yield from counted(says, count.name.format(noun=part.noun), self.change(part, action), self.dialect)

    def change(self, part: Part, action: Action) -> Change:
        if action is Action.CREATE:
            return creating(self.spec.identity, self.planned)
        if action in DELETED:
            return deleting(part, action)
        return updating(part, self.spec, self.names, self.planned, action)


def apply_steps(spec: Spec, names: Names, planned: Planned, dialect: str) -> list[Step]:
    """Return the statements that turn the journal of the current run into changed rows, with their counts."""
    applying = _Applying(spec, names, planned, dialect)
    identity = spec.identity
    counts = {count.actions[0]: count for count in applied_counts(identity)}
    before = [counts[action] for action in (Action.CREATE, Action.RENAME) if action in counts]
    behind = [count for count in counts.values() if count not in before]
    steps: list[Step] = []
    for count in before:
        if count.actions[0] is Action.CREATE and identity.database_makes_keys:
            steps += [Statement(*said) for said in database(dialect).numbered_on(identity.keys[0], _creates(spec))]
        steps += applying.steps(identity, [count])
        if count.actions[0] is Action.CREATE:
            steps += keys_learnt(spec)
            if database(dialect).follows_foreign_keys:
                # What hangs on a shadow would stay there, and a foreign key speak first.
                steps += map(Guard, created_counting(identity))
    # What refers to rows of slots leaves them before they go.
    for part in reversed(spec.children):
        steps += applying.steps(part, list(applied_counts(part)))
    return [*steps, *applying.steps(identity, behind)]


def _creates(spec: Spec) -> ColumnElement[bool]:
    kept = journal(spec.identity)
    return exists(select(literal(1)).select_from(kept).where(of_this_run(kept, Action.CREATE)))


def finish() -> Statement:
    """Return the statement that records how the run ended."""
    outcome = case((touching(), literal("applied")), else_=literal("empty"))
    return Statement(
        "Record how the run ended.",
        update(runs).where(runs.c.id == current_run()).values(outcome=outcome, finished_at=Clock()),
    )
