"""The journal -> rows as they were: the statements of a downgrade, in order; never commits.

Which rows go back is decided in `drift`; here the decision is kept in temporary tables, acted on, and
the result compared with the journal.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import singledispatch

from sqlalchemy import ColumnElement, literal, not_, or_, select, update

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
from alembic_rekey.spec import Part, Slots, Spec, Tags
from alembic_rekey.spec.part import unhandled
from alembic_rekey.sql.equality import SameRow
from alembic_rekey.sql.side_tables import journal, runs
from alembic_rekey.sql.steps import Guard, Phase, Statement, Step, analyzed
from alembic_rekey.undo.decided import decided_back, forgotten_back, goes_back, stored_rows
from alembic_rekey.undo.identity import names_returned, shadows_returned
from alembic_rekey.undo.slots import slots_returned
from alembic_rekey.undo.tags import tags_returned

__all__ = ["act_steps", "decide_steps", "returned"]


@singledispatch
def returned(part: Part, _stored: Stored) -> Iterable[Step]:
    """Return the steps that put back the rows of `part`, which is not the identity; each kind of part has its own."""
    raise unhandled(part, "is put back")


returned.register(Slots, slots_returned)
returned.register(Tags, tags_returned)


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
        *decided_back(spec, spec.children, dialect, stored, attached, altered),
    ]


def act_steps(spec: Spec, dialect: str, stored: Stored) -> list[Step]:
    """Return the second half: put back what can go back, compare with the journal, record it."""
    return [
        Phase("Put back", stored_rows(spec, Drift.UNTOUCHED)),
        *foreign_keys_before(spec, dialect),
        *_act(spec, stored),
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


def _act(spec: Spec, stored: Stored) -> Iterator[Step]:
    yield from shadows_returned(spec.identity, stored)
    for part in spec.children:
        yield from returned(part, stored)
    # Only now: a foreign key may lead from the tags to these names.
    yield from names_returned(spec.identity)


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
