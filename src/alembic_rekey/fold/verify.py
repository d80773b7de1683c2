"""What must hold after apply and before commit; a failed check aborts the upgrade."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import CTE, literal, select, union_all

from alembic_rekey.back.drift import UNPROVEN, drifted
from alembic_rekey.back.way_back import first_back
from alembic_rekey.fold.accounts import accounts_checked, accounts_closed, accounts_opened
from alembic_rekey.fold.apply import apply_counts
from alembic_rekey.fold.watches import Watches
from alembic_rekey.guard.checks import check
from alembic_rekey.guard.foreign_key_check import foreign_keys_before, foreign_keys_broken
from alembic_rekey.guard.stored import Stored
from alembic_rekey.plan.counts import planned_rows
from alembic_rekey.plan.plan import Planned
from alembic_rekey.plan.registered import Names
from alembic_rekey.plan.rules import Action
from alembic_rekey.spec import Check, Relation, Spec
from alembic_rekey.sql.side_tables import counts, current_run
from alembic_rekey.sql.steps import Guard, Step
from alembic_rekey.undo.decided import decided_back, forgotten_back, stored_back

__all__ = ["before", "verification"]


def before(spec: Spec, dialect: str, watches: Watches) -> list[Step]:
    """Return the steps that note, in temporary tables, what the verification compares with."""
    return [*foreign_keys_before(spec, dialect), *watches.set(), accounts_opened(spec, dialect)]


def verification(
    spec: Spec, names: Names, planned: Planned, dialect: str, stored: Stored, watches: Watches
) -> list[Step]:
    """Return the guards after apply, and the statements that clean up what `before` noted.

    They stand behind what records the outcome: only then is the run the one that a downgrade is about.
    """
    checks = [
        accounts_checked(spec, dialect, watches),
        check("count_differs", "", _count_differs(spec)),
        *_names_left(spec, names),
        *_owner_lost(spec, planned),
        *_no_way_back(spec, stored),
    ]
    kept = [part for part in spec.children if part.deletable]
    return [
        *decided_back(spec, kept, dialect, stored, lambda _key: (), ()),
        *(Guard(verified) for verified in checks),
        *foreign_keys_broken(spec, dialect),
        *forgotten_back(spec.deletable),
        accounts_closed(),
        *watches.taken_off(),
    ]


def _no_way_back(spec: Spec, stored: Stored) -> Iterator[Check]:
    """Yield the checks that every journalled row would go back as it was: the downgrade's own relation says so.

    Of a part whose rows only change it is asked as it stands: no other part's depends on it before anybody else wrote.
    """
    identity = stored_back(spec.identity)
    for part in spec.parts:
        kept = part in spec.deletable
        back = stored_back(part) if kept else first_back(part, spec, identity, stored).subquery("rekey_back")
        yield check("no_way_back", part.noun, drifted(part, back, UNPROVEN))


def _count_differs(spec: Spec) -> Relation:
    expected = [
        select(
            literal(count.name.format(noun=part.noun)).label("name"),
            planned_rows(part, count.actions).label("journalled"),
        )
        for part in spec.parts
        for count in apply_counts(part)
    ]
    journalled: CTE = union_all(*expected).cte("rekey_expected")
    return (
        select(journalled.c.name, journalled.c.journalled, counts.c.value.label("reported"))
        .join_from(
            journalled,
            counts,
            (counts.c.name == journalled.c.name) & (counts.c.phase == "apply") & (counts.c.run_id == current_run()),
            isouter=True,
        )
        .where(counts.c.value.is_distinct_from(journalled.c.journalled))
    )


def _names_left(spec: Spec, names: Names) -> Iterator[Check]:
    for part in spec.parts:
        if part.named is None:
            continue
        spelled = names.spelled(part.named)
        left = select(literal(str(part.table.name)).label("table"), spelled.c.spelling, spelled.c.canonical).where(
            spelled.c.spelling != spelled.c.canonical
        )
        yield check("shadow_left" if part is spec.identity else "alias_left", part.noun, left)


def _owner_lost(spec: Spec, planned: Planned) -> Iterator[Check]:
    identities = planned[spec.identity]
    for part, owner in ((child, owner) for child in spec.children for owner in child.owners):
        gone = select(identities.c[spec.identity.key.name]).where(identities.c.rekey_action == Action.DELETE.value)
        lost = select(literal(str(part.table.name)).label("table"), part.key.label("key"), owner.label("owner")).where(
            owner.in_(gone)
        )
        yield check("owner_lost", part.noun, lost)
