"""The journal -> rows as they were: the statements of a downgrade, in order; never commits.

Which rows go back is decided in `drift`; here the decision is kept in temporary tables, acted on, and
the result compared with the journal.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import case, delete, literal, not_, or_, select, update

from alembic_rekey.back.backward import Backward
from alembic_rekey.back.drift import Drift, restorable_run, unnamed_changes, which_run
from alembic_rekey.connection.deferred import settled
from alembic_rekey.connection.locks import lock
from alembic_rekey.guard.accounts import accounts_closed, accounts_opened, accounts_taken
from alembic_rekey.guard.checks import check
from alembic_rekey.guard.claims.rows import key_claims
from alembic_rekey.guard.foreign_key_check import foreign_keys_before, foreign_keys_broken
from alembic_rekey.guard.shape import shape_checks
from alembic_rekey.guard.stored import Stored, columns_in
from alembic_rekey.guard.watches import Watches
from alembic_rekey.plan.actions import applied_counts, written
from alembic_rekey.plan.judged import alike, key_text, keys_of, same_key
from alembic_rekey.plan.rules import DELETED, REFUSED, Action
from alembic_rekey.spec import Part, Spec
from alembic_rekey.sql.equality import SameRow
from alembic_rekey.sql.expressions import Clock
from alembic_rekey.sql.side_tables import journal, runs
from alembic_rekey.sql.steps import Guard, Phase, Statement, Step, analyzed
from alembic_rekey.undo.accounts import returns_checked
from alembic_rekey.undo.decided import (
    Beside,
    decided_back,
    forgotten_back,
    goes_back,
    nothing_beside,
    stays_behind,
    stored_back,
    stored_rows,
)
from alembic_rekey.undo.put_back import put_back, undone
from alembic_rekey.undo.redirects import taken_back

__all__ = ["act_steps", "decide_steps"]


def decide_steps(
    backward: Backward, dialect: str, turn: int | None = None, beside: Beside = nothing_beside
) -> list[Step]:
    """Return the first half of a downgrade from the journal of the newest run: what can go back.

    `turn` is that of the spec (see `which_run`), `beside` what else finds edits (see `decided_back`).
    The decision stands in the temporary tables `stored_back()` until `act_steps()` drops them.
    """
    spec = backward.spec
    return [
        Phase("Decide what goes back", stored_rows(spec)),
        *lock(spec, dialect),
        Guard(which_run(spec, turn)),
        Guard(unnamed_changes(spec, restorable_run())),
        *(Guard(made) for made in shape_checks(spec, dialect)),
        *(Guard(made) for made in key_claims(spec.parts, dialect)),
        *(
            step
            for part in spec.parts
            for step in analyzed(
                dialect, journal(part), "rekey_run", "rekey_action", *(str(known.name) for known in part.keys)
            )
        ),
        *decided_back(backward, spec.parts, dialect, beside),
    ]


def act_steps(spec: Spec, dialect: str, stored: Stored, watches: Watches) -> list[Step]:
    """Return the second half: put back what can go back, compare with the journal, record it.

    `watches` tell on SQLite which tables change.
    """
    return [
        Phase("Put back", stored_rows(spec, Drift.UNTOUCHED)),
        *foreign_keys_before(spec, dialect),
        *watches.set(),
        accounts_opened(spec, dialect),
        *_act(spec, stored, dialect),
        *accounts_taken(dialect),
        *settled(dialect),
        Phase("Compare with the journal", stored_rows(spec, Drift.UNTOUCHED)),
        *_compare(spec, stored),
        Guard(returns_checked(spec, dialect, watches)),
        accounts_closed(),
        *watches.taken_off(),
        Phase("Record"),
        *foreign_keys_broken(spec, dialect),
        *taken_back(spec.identity, dialect),
        _recorded(spec),
        *forgotten_back(spec.parts),
    ]


def _recorded(spec: Spec) -> Statement:
    outcome = case((stays_behind(spec), literal("partly restored")), else_=literal("restored"))
    return Statement(
        "Record that the run was restored; its journal stays.",
        update(runs).where(runs.c.id == restorable_run()).values(outcome=outcome, restored_at=Clock()),
    )


_RETURNS = {
    Action.REKEY: "Write the rekeyed rows of {table} as they were.",
    Action.REVIVE: "Give the revived rows of {table} their old status.",
    Action.ABSORB: "Give the rows of {table} that absorbed others what they had themselves.",
    Action.DETACH: "Let the rows of {table} refer to their old owners again.",
    Action.SUPERSEDE: "Give the superseded rows of {table} their old name and status back.",
    Action.RETIRE: "Give the retired rows of {table} their old values.",
    Action.RENAME: "Give the renamed rows of {table} their old spelling.",
}


def _undone(part: Part, *actions: Action) -> Iterator[Step]:
    """Yield the steps that undo `actions`, last things first."""
    for count in reversed(applied_counts(part)):
        action = count.actions[0]
        if action in actions and action in written(part):
            yield undone(part, _RETURNS[action].format(table=part.table.name), action)


def _put_back(part: Part, stored: Stored, dialect: str) -> Iterator[Step]:
    gone = [count.actions[0] for count in applied_counts(part) if count.actions[0] in DELETED]
    if gone:
        says = f"Put the deleted rows of {part.table.name} back, with all of their columns."
        yield from put_back(part, stored, dialect, says, *gone)


def _act(spec: Spec, stored: Stored, dialect: str) -> Iterator[Step]:
    identity = spec.identity
    # What a row absorbed may be what a shadow needs to be alone with.
    yield from _undone(identity, Action.ABSORB, Action.RETIRE)
    yield from _put_back(identity, stored, dialect)
    for part in spec.children:
        yield from _undone(part, *_RETURNS)
        yield from _put_back(part, stored, dialect)
    # Only now: a foreign key may lead from the tags to these names.
    yield from _undone(identity, Action.REKEY, Action.RENAME)
    if identity.creates:
        back = stored_back(identity)
        created = select(*alike(back, "key")).where(
            back.c.drift == Drift.UNTOUCHED.value, back.c.action == Action.CREATE.value
        )
        says = "Delete the canonical rows that the upgrade created."
        yield Statement(says, delete(identity.table).where(identity.keys[0].in_(created)))


def _compare(spec: Spec, stored: Stored) -> Iterator[Step]:
    for part in spec.parts:
        kept = journal(part)
        touched = tuple(set(Action) - {Action.KEEP, Action.CREATE, *REFUSED})
        names = stored.lasting(part)
        differs = not_(SameRow(columns_in(kept, names), columns_in(part.table, names)))
        keys = keys_of(part, kept)
        offending = (
            select(literal(str(part.table.name)).label("table"), key_text(keys).label("key"))
            .join_from(kept, part.table, same_key(part.keys, keys), isouter=True)
            .where(goes_back(part, *sorted(touched)), or_(part.keys[0].is_(None), differs))
        )
        yield Guard(check("not_as_before", part.noun, offending))
