"""The journal -> rows as they were: the statements of a downgrade, in order; never commits.

Which rows go back is decided in `drift`; here the decision is kept in temporary tables, acted on, and
the result compared with the journal.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import (
    ColumnElement,
    delete,
    literal,
    not_,
    or_,
    select,
    update,
)

from alembic_rekey.back.drift import Drift, restorable_run, which_run
from alembic_rekey.connection.deferred import settled
from alembic_rekey.connection.locks import lock
from alembic_rekey.guard.checks import check
from alembic_rekey.guard.claims.rows import key_claims
from alembic_rekey.guard.foreign_key_check import foreign_keys_before, foreign_keys_broken
from alembic_rekey.guard.foreign_keys import Attached
from alembic_rekey.guard.shape import shape_checks
from alembic_rekey.guard.stored import Stored, compared
from alembic_rekey.plan.rules import Action
from alembic_rekey.spec import Spec
from alembic_rekey.sql.analyze import analyzed
from alembic_rekey.sql.equality import SameRow
from alembic_rekey.sql.side_tables import journal, runs
from alembic_rekey.sql.steps import Guard, Phase, Statement, Step
from alembic_rekey.undo.decided import decided_back, forgotten_back, goes_back, stored_back, stored_rows
from alembic_rekey.undo.put_back import put_back, undone

__all__ = ["act_steps", "decide_steps"]


def decide_steps(
    spec: Spec, dialect: str, stored: Stored, attached: Attached, *altered: ColumnElement[bool]
) -> list[Step]:
    """Return the first half of a downgrade from the journal of the newest run: what can go back.

    `attached` and `altered` are what only a connection can ask about created rows.

    The decision stands in the temporary tables `stored_back()` until `act_steps()` drops them.
    """
    return [
        Phase("Decide what goes back", stored_rows(spec)),
        *lock(spec, dialect),
        Guard(which_run(spec)),
        *(Guard(made) for made in shape_checks(spec, dialect)),
        *(Guard(made) for made in key_claims(spec.parts, dialect)),
        *(
            step
            for part in spec.parts
            for step in analyzed(dialect, journal(part.table), "rekey_run", "rekey_action", part.key.name)
        ),
        *decided_back(spec, spec.parts, dialect, stored, attached, altered),
    ]


def act_steps(spec: Spec, dialect: str, stored: Stored) -> list[Step]:
    """Return the second half: put back what can go back, compare with the journal, record it."""
    return [
        Phase("Put back", stored_rows(spec, Drift.UNTOUCHED)),
        *foreign_keys_before(spec, dialect),
        *_act(spec, dialect, stored),
        *settled(dialect),
        Phase("Compare with the journal", stored_rows(spec, Drift.UNTOUCHED)),
        *_compare(spec, stored),
        Phase("Record"),
        *foreign_keys_broken(spec, dialect),
        Statement(
            "Record that the run was restored; its journal stays.",
            update(runs).where(runs.c.id == restorable_run()).values(outcome="restored"),
        ),
        *forgotten_back(spec.parts),
    ]


def _act(spec: Spec, dialect: str, stored: Stored) -> Iterator[Step]:
    identity = spec.identity
    yield from put_back(identity, stored, "Put the deleted shadows back, with all of their columns.", Action.DELETE)
    for slots in spec.slots:
        says = f"Hang the rekeyed rows of {slots.table.name} on their old owner."
        yield undone(slots, says, (slots.owner,), Action.REKEY)
        says = f"Give the revived rows of {slots.table.name} their old status."
        yield undone(slots, says, (slots.status,), Action.REVIVE)
        says = f"Put the deleted rows of {slots.table.name} back, with all of their columns."
        yield from put_back(slots, stored, says, Action.MERGE, Action.REPLACE, Action.DROP)
    for tags in spec.tags:
        changed = (tags.tag,) if tags.status is None else (tags.tag, tags.status)
        says = f"Give the rows of {tags.table.name} their old name back."
        yield undone(tags, says, changed, Action.REKEY)
        if tags.status is not None:
            says = f"Give the superseded rows of {tags.table.name} their old name and status back."
            yield undone(tags, says, changed, Action.SUPERSEDE)
    # Only now: a foreign key may lead from the tags to these names.
    yield undone(identity, "Give renamed rows their old spelling.", (identity.name,), Action.RENAME)
    back = stored_back(identity)
    created = select(back.c.key).where(back.c.drift == Drift.UNTOUCHED.value, back.c.action == Action.CREATE.value)
    yield Statement(
        "Delete the canonical rows that the upgrade created.", delete(identity.table).where(identity.key.in_(created))
    )


def _compare(spec: Spec, stored: Stored) -> Iterator[Step]:
    for part in spec.parts:
        kept = journal(part.table)
        touched = tuple(set(Action) - {Action.KEEP, Action.CREATE, Action.COLLISION})
        columns = compared(part, stored)
        differs = not_(SameRow([kept.c[known.name] for known in columns], columns))
        offending = (
            select(literal(str(part.table.name)).label("table"), kept.c[part.key.name].label("key"))
            .join_from(kept, part.table, part.key == kept.c[part.key.name], isouter=True)
            .where(goes_back(part, *sorted(touched)), or_(part.key.is_(None), differs))
        )
        yield Guard(check("not_as_before", part.noun, offending))
