"""A journalled row and the row as it is now: which of them the run left, and in which columns an edit shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Column, ColumnElement, String, and_, case, literal, select

from alembic_rekey.back.drift import Drift, restorable_run
from alembic_rekey.guard.stored import Stored, compared
from alembic_rekey.plan.plan import Part
from alembic_rekey.plan.rules import Action
from alembic_rekey.spec import Relation
from alembic_rekey.spec.stamp import Epoch, Stamp
from alembic_rekey.sql.equality import Same, SameRow, as_text
from alembic_rekey.sql.expressions import Written
from alembic_rekey.sql.side_tables import journal, runs
from alembic_rekey.sql.times import written_time

__all__ = ["judged", "line", "of_run", "unedited"]


def line(part: Part, drift: ColumnElement[Any], key: ColumnElement[Any] | None = None) -> Relation:
    """Return the columns of a way back, from the journal of `part`: `key`, `action`, `canonical`, `drift`."""
    kept = journal(part.table)
    columns = (kept.c[part.key.name] if key is None else key, kept.c.rekey_action, kept.c.rekey_canonical, drift)
    return select(
        *(column.label(name) for name, column in zip(("key", "action", "canonical", "drift"), columns, strict=True))
    )


def of_run(part: Part, actions: Sequence[Action]) -> ColumnElement[bool]:
    """Tell whether a line of the journal of `part` is of the run that goes back and of one of `actions`."""
    kept = journal(part.table)
    return and_(kept.c.rekey_run == restorable_run(), kept.c.rekey_action.in_([action.value for action in actions]))


def _run_time() -> ColumnElement[Any]:
    return select(runs.c.started_at).where(runs.c.id == restorable_run()).scalar_subquery()


def unedited(part: Part, changed: Mapping[str, ColumnElement[Any] | None], stored: Stored) -> ColumnElement[bool]:
    """Tell whether the row still is what the upgrade made of it, in every column that the revision knows.

    `changed` gives the values that the upgrade wrote; `None` means that `part` compares it otherwise.
    """
    kept, columns = journal(part.table), compared(part, stored)
    stamp = part.stamp
    if stamp is not None:
        changed = {stamp.name: written_time(_run_time(), stamp, kept.c[stamp.name]), **changed}
    written = [
        _holds(known, value, stamp if stamp is not None and known.name == stamp.name else None)
        for known in columns
        if (value := changed.get(known.name)) is not None
    ]
    left_alone = [known for known in columns if known.name not in changed]
    # The journal's column first: where the table's own collation takes `a` for `A`, an edit still is one.
    return and_(*written, SameRow([kept.c[known.name] for known in left_alone], left_alone))


def _holds(known: Column[Any], value: ColumnElement[Any], stamp: Stamp | None) -> ColumnElement[bool]:
    """Tell whether a column holds `value` as the run wrote it there: a time of the column `stamp`, or a text."""
    if isinstance(stamp, Epoch):
        return Same(value, known)
    if stamp is None or isinstance(known.type, String):
        return Same(value, as_text(known))
    return Same(Written(value, known), known)


def judged(*judgements: tuple[ColumnElement[bool], Drift]) -> ColumnElement[str]:
    """Return the drift of the first condition that holds; a row of which none does is untouched."""
    return case(
        *((condition, literal(drift.value)) for condition, drift in judgements), else_=literal(Drift.UNTOUCHED.value)
    )
