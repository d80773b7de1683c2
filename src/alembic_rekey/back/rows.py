"""Rows on their way back, of whatever kind: to owners that stand or return, and into a place that is free by then."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Column, ColumnElement, FromClause, and_, literal_column, not_, or_, select

from alembic_rekey.back.backward import Backward
from alembic_rekey.back.drift import Drift, untouched
from alembic_rekey.back.hindered.held import held_as_it_is
from alembic_rekey.back.hindered.hung import with_what_hung
from alembic_rekey.back.hindered.referred import gone, gone_anew
from alembic_rekey.back.hindered.refused import refused
from alembic_rekey.back.hindered.rivals import leaving_unedited, rivals
from alembic_rekey.back.judged import acting, judged, line, unedited
from alembic_rekey.back.places import place_of, staying
from alembic_rekey.plan.actions import written
from alembic_rekey.plan.becoming import After, new_key
from alembic_rekey.plan.groups.members import refers
from alembic_rekey.plan.judged import alike, flag, keys_of, same_key
from alembic_rekey.plan.rules import DELETED, Action
from alembic_rekey.spec import Part, Relation
from alembic_rekey.sql.equality import SameSlot

__all__ = ["changed_back", "deleted_back", "moving"]


def moving(part: Part) -> list[Action]:
    """Return the actions that give a row another owner or name: on its way back it returns to the old one."""
    return _writing(part, [*part.named, *part.owner_columns])


def _writing(part: Part, those: Sequence[Column[Any]]) -> list[Action]:
    return [action for action, columns in written(part).items() if not {*those}.isdisjoint(columns)]


def changed_back(part: Part, backward: Backward, parent: FromClause | None) -> Relation:
    """Return the way back of the rows of `part` that the run changed and that stay.

    `parent` is the way back of what its owners refer to.
    """
    lines, new = backward.lines[part]
    now = new_key(part, lines, new)
    found = lines.outerjoin(part.table, same_key(part.keys, now))
    source, lost = _lost(part, backward, lines, parent, found, new)
    place = place_of(part, lines)
    taken = []
    if place is not None:
        moved = acting(lines, *_writing(part, place.columns))
        if part.names:
            # Who only follows the name of its owner stays in its place.
            moved = and_(moved, or_(*(lines.c[known.name] != new[str(known.name)] for known in place.columns)))
        taken = [(place.is_taken(moved, not_(place.is_own(now))), Drift.TAKEN)]
    own = {str(known.name) for columns in written(part).values() for known in columns}
    once = [
        index for index in backward.hindrances.once.get(part.noun, ()) if index.covered is None or index.covered & own
    ]
    leaving = leaving_unedited(part, backward)
    nowhere = [(lacking, Drift.TAKEN) for lacking in gone_anew(part, backward, lines)]
    rivalled = [(held, Drift.TAKEN) for held in rivals(part, once, backward.stored, lines, leaving, now=now)]
    # Who keeps its owners and its name returns to nothing.
    moves = acting(lines, *moving(part))
    drift = judged(
        (part.keys[0].is_(None), Drift.DELETED),
        (not_(unedited(part, lines, new, backward.stored, backward.run)), Drift.EDITED),
        *((and_(moves, condition), judgement) for condition, judgement in [*lost, *taken]),
        *nowhere,
        *rivalled,
        *((holds, Drift.ATTACHED) for holds in held_as_it_is(part, backward, now)),
        *((refuses, Drift.REFUSED) for refuses in refused(part, backward, lines)),
    )
    return line(lines, part, drift, now=now, moves=flag(moves)).select_from(source)


def deleted_back(part: Part, backward: Backward, parent: FromClause | None, back: FromClause | None) -> Relation:
    """Return the way back of the rows of `part` that the run deleted.

    `back` is the way back of those that changed, where it is known: one that leaves its place stands in nobody's way.
    """
    rows = backward.planned[part]
    keys = keys_of(part, rows)
    source, lost = _lost(part, backward, rows, parent, rows.outerjoin(part.table, same_key(part.keys, keys)), {})
    place, coming = place_of(part, rows), acting(rows, *DELETED)
    taken = [] if place is None else [(place.is_taken(coming, back=back), Drift.TAKEN)]
    keys_of_others = backward.hindrances.referred.get(part.noun, ())
    taken += [(nowhere, Drift.TAKEN) for nowhere in gone(part, backward, keys_of_others, rows)]
    once, leaving = backward.hindrances.once.get(part.noun, ()), _leaving(part, backward, back)
    taken += [(held, Drift.TAKEN) for held in rivals(part, once, backward.stored, rows, leaving, coming=coming)]
    there: ColumnElement[bool] = part.keys[0].is_not(None)
    if back is not None and part.key_moves:
        there = and_(there, staying(part, back, part.keys))
    refusing = [(refuses, Drift.REFUSED) for refuses in refused(part, backward, rows)]
    alone = line(rows, part, judged((there, Drift.TAKEN), *lost, *taken, *refusing)).select_from(source).where(coming)
    return with_what_hung(part, backward, alone)


def _leaving(part: Part, backward: Backward, back: FromClause | None) -> Relation:
    if back is None:
        return leaving_unedited(part, backward)
    return select(*alike(back, "now")).where(untouched(back))


def _lost(
    part: Part,
    backward: Backward,
    lines: FromClause,
    parent: FromClause | None,
    source: FromClause,
    new: After,
) -> tuple[FromClause, list[tuple[ColumnElement[bool], Drift]]]:
    """Return the lines joined with their old owners, and the judgement that one of these is lost.

    An owner is lost when it neither stands nor comes back. Of several owners, or of a row that is an identity itself,
    one without a foreign key may refer to something else than what was folded, or to nothing: to that no row returns,
    nor to one that it has still. `new` is what the run wrote, empty where the row went.
    """
    of = backward.spec.parent(part)
    lost: list[tuple[ColumnElement[bool], Drift]] = []
    for number, owner in enumerate(part.owning if parent is not None else ()):
        assert parent is not None  # noqa: S101  # the condition above, which mypy does not follow
        before = [lines.c[known.name] for known in owner]
        standing = of.table.alias(f"rekey_owner_{number}")
        gone = parent.c.action.in_(sorted(DELETED))
        # Who moved with its owner had another key, and gets it back.
        left = or_(gone, parent.c.moves == 1) if of.key_moves else gone
        coming = select(parent).where(left).subquery(f"rekey_comes_back_{number}")
        source = source.outerjoin(standing, refers(of, owner, before, keys_of(of, standing)))
        source = source.outerjoin(coming, refers(of, owner, before, alike(coming, "key")))
        comes_back = coming.c.drift.is_not_distinct_from(literal_column(f"'{Drift.UNTOUCHED.value}'"))
        stands = and_(alike(coming, "key")[0].is_(None), standing.c[of.keys[0].key].is_not(None))
        referred = and_(*(value.is_not(None) for value in before))
        alone = len(part.owning) == 1 and part is not backward.spec.identity
        if not alone and number not in backward.stored.bound.get(part.noun, ()):
            # One line at most, as of every row.
            of_run = select(backward.planned[of]).subquery(f"rekey_of_run_{number}")
            source = source.outerjoin(of_run, refers(of, owner, before, keys_of(of, of_run)))
            referred = keys_of(of, of_run)[0].is_not(None)
        if not alone and new:
            anew = [str(known.name) for known in owner if str(known.name) in new]
            referred = and_(referred, or_(*(not_(SameSlot(lines.c[name], new[name])) for name in anew)))
        lost.append((and_(referred, not_(or_(comes_back, stands))), Drift.TAKEN))
    return source, lost
