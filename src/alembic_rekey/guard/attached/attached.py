"""Rows that a table outside the plan hangs on rows that the plan deletes or renames.

Which tables those are only the catalog knows. With a connection it is read first, and each foreign
key becomes a check; a script asks the catalog when it runs (`attached_in_script`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection, Table

from alembic_rekey.guard.attached.hanging import hanging, referring
from alembic_rekey.guard.attached.leaving import Leaving
from alembic_rekey.guard.checks import check
from alembic_rekey.guard.foreign_keys import (
    ForeignKey,
    counted_keys,
    covered_columns,
    covering,
    foreign_keys,
    writing,
)
from alembic_rekey.plan.groups.members import Planned
from alembic_rekey.plan.groups.registered import Names
from alembic_rekey.plan.judged import keys_of, missing_in
from alembic_rekey.plan.rules import DELETED
from alembic_rekey.spec import Check, Part, Spec
from alembic_rekey.sql.dialects import database

__all__ = ["attached"]


def attached(connection: Connection, spec: Spec, names: Names, planned: Planned) -> Iterator[Check]:
    """Yield a check per foreign key through which rows hang on rows that go, or on a column that the plan writes."""
    follows = database(connection.dialect.name).follows_foreign_keys
    counted, parts = counted_keys(spec), {one.table: one for one in spec.parts}
    for part in spec.parts:
        for number, (key, moving, own) in enumerate(_leading(connection, spec, part, spec.parts)):
            called = f"{part.noun}_{number}"
            follows_it = writing(spec, part, key.referred)
            acting = [*(DELETED if part.deletable else ()), *follows_it]
            child = referring(key, own if moving is None else parts[moving])
            if moving is None and acting:
                if own is None:
                    yield check("attached", called, hanging(key, child, part, planned, acting))
                else:
                    yield from _own(Leaving(spec, names, planned, part, own, key, follows), called)
            if moving in counted and acting:
                out = missing_in(keys_of(parts[moving], child), counted[moving])
                yield check("left_out", called, hanging(key, child, part, planned, acting).where(out))
            if moving is not None and follows_it and follows:
                # Else it is asked at the end, when the rows under the old spelling have moved as well.
                yield check("attached_by_name", called, hanging(key, child, part, planned, follows_it))


def _leading(
    connection: Connection, spec: Spec, part: Part, others: Sequence[Part] = ()
) -> Iterator[tuple[ForeignKey, Table | None, Part | None]]:
    """Yield every foreign key that leads to `part`, and the table that the plan moves by it before rows of `part` go.

    And the one of `others` whose rows refer through it, where there is one.
    """
    covered = covered_columns(spec, part)
    for key in foreign_keys(connection, part.table, [*(child for child, _, _ in covered), *(o.table for o in others)]):
        referring = (other for place, other in enumerate(others, len(covered)) if place in key.belongs)
        yield key, covering(key, covered), next(referring, None)


def _own(leaving: Leaving, called: str) -> Iterator[Check]:
    """Yield the checks of rows of a part that refer by columns which are none of its owners."""
    child, early = referring(leaving.key, leaving.own), leaving.followed
    said, stays = (leaving.key, child, leaving.part, leaving.planned), list(leaving.stays(child))
    if early:
        yield check("attached_by_name", called, hanging(*said, early).where(*stays))
    late = [action for action in leaving.acting if action not in early]
    yield check("attached", called, hanging(*said, late).where(*stays))
