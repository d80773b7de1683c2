"""What must hold after apply and before commit; a failed check aborts the upgrade."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import singledispatch

from sqlalchemy import ColumnElement, and_, exists, literal, not_, or_, select

from alembic_rekey.back.backward import Backward
from alembic_rekey.back.drift import UNPROVEN, drifted, restorable_run
from alembic_rekey.back.rows import changed_back
from alembic_rekey.fold.accounts import accounts_checked
from alembic_rekey.fold.identity import apart, created_counting
from alembic_rekey.guard.accounts import accounts_closed, accounts_opened
from alembic_rekey.guard.checks import check
from alembic_rekey.guard.claims.orphans import orphans_adopted
from alembic_rekey.guard.foreign_key_check import foreign_keys_before, foreign_keys_broken
from alembic_rekey.guard.stored import Stored
from alembic_rekey.guard.watches import Watches
from alembic_rekey.plan.actions import applied_counts
from alembic_rekey.plan.counts import named_counts, planned_rows
from alembic_rekey.plan.groups.members import Planned, referring
from alembic_rekey.plan.groups.ranked import groups, still_several
from alembic_rekey.plan.groups.registered import Names
from alembic_rekey.plan.judged import alike, key_text, keys_of, leads_of, same_key
from alembic_rekey.plan.parts.tags import tagged
from alembic_rekey.plan.plan import journalled
from alembic_rekey.plan.rules import DELETED, Action
from alembic_rekey.spec import Check, Identity, Part, Relation, Spec, Tags
from alembic_rekey.sql.dialects import database
from alembic_rekey.sql.side_tables import counts, current_run
from alembic_rekey.sql.steps import Guard, Step
from alembic_rekey.undo.decided import decided_back, forgotten_back, stored_back

__all__ = ["before", "left", "verification"]


def before(spec: Spec, dialect: str, watches: Watches) -> list[Step]:
    """Return the steps that note, in temporary tables, what the verification compares with."""
    return [*foreign_keys_before(spec, dialect), *watches.set(), accounts_opened(spec, dialect)]


def verification(
    spec: Spec, names: Names, planned: Planned, dialect: str, stored: Stored, watches: Watches
) -> list[Step]:
    """Return the guards after apply, and the statements that clean up what `before` noted.

    They stand behind what records the outcome: only then is the run the one that a downgrade is about.
    """
    whole = journalled(spec, current_run(), stored.columns)
    backward = Backward(spec, names, restorable_run(), whole, stored)
    kept = [part for part in spec.parts if part is spec.identity or part.deletable]
    checks = [
        *orphans_adopted(spec),
        accounts_checked(spec, dialect, watches),
        check("count_differs", "", _count_differs(spec)),
        *(made for part in spec.parts for made in left(part, spec, names, planned)),
        *(() if database(dialect).follows_foreign_keys else created_counting(spec.identity)),
        *_owner_lost(spec, planned),
        *_no_way_back(backward, kept),
    ]
    return [
        *decided_back(backward, kept, dialect),
        *(Guard(verified) for verified in checks),
        *foreign_keys_broken(spec, dialect),
        *forgotten_back(kept),
        accounts_closed(),
        *watches.taken_off(),
    ]


def _no_way_back(backward: Backward, kept: Sequence[Part]) -> Iterator[Check]:
    """Yield the checks that every journalled row would go back as it was: the downgrade's own relation says so.

    Of a part whose rows only change it is asked as it stands: no other part's depends on it before anybody else wrote.
    """
    for part in backward.spec.parts:
        parent = stored_back(backward.spec.parent(part))
        asked = stored_back(part) if part in kept else changed_back(part, backward, parent).subquery("rekey_back")
        yield check("no_way_back", part.noun, drifted(part, asked, UNPROVEN))


def _count_differs(spec: Spec) -> Relation:
    expected = (named for part in spec.parts for named in named_counts(part, applied_counts(part)))
    journalled = planned_rows(expected).subquery("rekey_expected")
    recorded = and_(counts.c.name == journalled.c.name, counts.c.phase == "apply", counts.c.run_id == current_run())
    return (
        select(journalled.c.name, journalled.c.value.label("journalled"), counts.c.value.label("reported"))
        .join_from(journalled, counts, recorded, isouter=True)
        .where(counts.c.value.is_distinct_from(journalled.c.value))
    )


@singledispatch
def left(_part: Part, _spec: Spec, _names: Names, _planned: Planned) -> Iterable[Check]:
    """Return the checks that nothing is left to fold in a part, where its kind can be asked."""
    return ()


@left.register
def _shadow_left(identity: Identity, spec: Spec, names: Names, planned: Planned) -> Iterable[Check]:
    table = literal(str(identity.table.name)).label("table")
    if identity.found and identity.retire is None:
        # Nobody asks any more which of them stays: to order them would cost more than the question.
        several = still_several(identity, spec, names).subquery("rekey_several")
        yield check("shadow_left", identity.noun, select(table, several))
        return
    again = groups(identity, spec, names)
    misspelt = [] if identity.found else [again.c.name != again.c.canonical]
    still = select(table, again.c.name.label("spelling"), again.c.canonical).where(or_(again.c.place > 1, *misspelt))
    if identity.retire is not None:
        # A row that is marked keeps its name.
        lines = planned[identity]
        mine = same_key(keys_of(identity, lines), alike(again, "key"))
        retired = select(literal(1)).select_from(lines).where(lines.c.rekey_action == Action.RETIRE.value, mine)
        still = still.where(not_(exists(retired)))
    yield check("shadow_left", identity.noun, still)


@left.register
def _alias_left(tags: Tags, spec: Spec, names: Names, planned: Planned) -> Iterable[Check]:
    table = literal(str(tags.table.name)).label("table")
    if not spec.identity.found and tags.where is None:
        # Asked of the few spellings that there are, not of the rows.
        for place, tag in enumerate(tags.named):
            called = tags.noun if place == 0 else f"{tags.noun}_{place}"
            spelled = names.spelled(tag, called, spec.identity.match)
            wrong = spelled.c.spelling != spelled.c.canonical
            found = select(table, spelled.c.spelling, spelled.c.canonical).where(wrong)
            yield check("alias_left", called, found)
        return
    found_rows = tagged(tags, spec, names, planned, tags.table, tags.noun)
    rows = select(table, tags.named[0].label("spelling"), found_rows.canonical.label("canonical"))
    yield check("alias_left", tags.noun, rows.select_from(found_rows.source).where(found_rows.moved, *tags.counting))


def _owner_lost(spec: Spec, planned: Planned) -> Iterator[Check]:
    for part in spec.parts:
        parent = spec.parent(part)
        for number, owner in enumerate(part.owning):
            gone = planned[parent]
            went: ColumnElement[bool] = gone.c.rekey_action.in_(sorted(DELETED))
            if parent.key_moves:
                moved = not_(same_key(keys_of(parent, gone), leads_of(parent, gone)))
                went = or_(went, and_(gone.c.rekey_action == Action.REKEY.value, moved))
            pairs = zip(owner, owner, (gone.c[known.name] for known in parent.keys), parent.keys, strict=True)
            lost = (
                select(
                    literal(str(part.table.name)).label("table"),
                    key_text(part.keys).label("key"),
                    key_text(owner).label("owner"),
                )
                .join_from(part.table, gone, and_(*(referring(*pair) for pair in pairs)))
                .where(went, *part.counting)
            )
            if parent is spec.identity and parent.creates and parent.where is not None:
                # Nothing could be led to a created row that does not count: that one is to be told, once.
                uncounted = apart(parent).order_by(None).subquery("rekey_apart")
                lost = lost.where(gone.c.rekey_canonical.not_in(select(uncounted.c.canonical)))
            if parent.key_moves:
                # A row that moved may stand under the key of one that it displaced.
                again = parent.table.alias("rekey_again")
                keys = keys_of(parent, again)
                stands = select(literal(1)).select_from(again)
                mine = same_key(keys, keys_of(parent, gone))
                lost = lost.where(not_(exists(stands.where(mine))))
            yield check("owner_lost", part.noun if number == 0 else f"{part.noun}_{number}", lost)
