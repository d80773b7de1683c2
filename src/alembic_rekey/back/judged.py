"""A journalled row and the row as it is now: which of them the run left, and in which columns an edit shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, FromClause, String, and_, case, literal, select, true

from alembic_rekey.back.drift import Drift
from alembic_rekey.guard.stored import Stored, columns_in
from alembic_rekey.plan.judged import keys_of, numbered
from alembic_rekey.plan.rules import Action
from alembic_rekey.spec import Part, Relation
from alembic_rekey.spec.stamp import Epoch, Stamp
from alembic_rekey.sql.equality import Same, SameRow, as_text
from alembic_rekey.sql.expressions import Written
from alembic_rekey.sql.side_tables import runs
from alembic_rekey.sql.times import written_time

__all__ = ["acting", "judged", "line", "unedited"]


def line(
    lines: FromClause,
    part: Part,
    drift: ColumnElement[Any],
    *,
    now: Sequence[ColumnElement[Any]] | None = None,
    moves: ColumnElement[int] | None = None,
) -> Relation:
    """Return the columns of a way back, of `lines` of the plan; see `way_back`."""
    keys = keys_of(part, lines)
    return select(
        *numbered("key", keys),
        *numbered("now", keys if now is None else now),
        lines.c.rekey_action.label("action"),
        lines.c.rekey_canonical.label("canonical"),
        drift.label("drift"),
        (literal(0) if moves is None else moves).label("moves"),
    )


def acting(lines: FromClause, *actions: Action) -> ColumnElement[bool]:
    """Tell whether a line of the plan is of one of `actions`."""
    return lines.c.rekey_action.in_(sorted(action.value for action in actions))


def unedited(
    part: Part, lines: FromClause, new: Mapping[str, ColumnElement[Any]], stored: Stored, run: ColumnElement[int]
) -> ColumnElement[bool]:
    """Tell whether a row still is what `run` made of it, in every column that `stored` tells.

    `lines` and `new` are what `becoming` returned.
    """
    written = dict(new)
    stamp = part.stamp
    if stamp is not None:
        began = select(runs.c.started_at).where(runs.c.id == run).scalar_subquery()
        written[stamp.name] = written_time(began, stamp, lines.c[stamp.name])
    names = stored.lasting(part)
    changed = [name for name in names if name in written]
    holds = [
        _holds(known, written[name], stamp if stamp is not None and name == stamp.name else None)
        for name, known in zip(changed, columns_in(part.table, changed), strict=True)
    ]
    left_alone = [name for name in names if name not in written]
    # The journal's column first: where the table's own collation takes `a` for `A`, an edit still is one.
    if left_alone:
        holds.append(SameRow(columns_in(lines, left_alone), columns_in(part.table, left_alone)))
    return and_(true(), *holds)


def _holds(known: ColumnElement[Any], value: ColumnElement[Any], stamp: Stamp | None) -> ColumnElement[bool]:
    """Tell whether a column holds `value` as the run wrote it there: a time of the column `stamp`, or a text."""
    if isinstance(stamp, Epoch):
        return Same(value, known)
    if stamp is None:
        is_text = isinstance(known.type, String)
        return Same(as_text(value), as_text(known)) if is_text else Same(value, known)
    return Same(value, as_text(known)) if isinstance(known.type, String) else Same(Written(value, known), known)


def judged(*judgements: tuple[ColumnElement[bool], Drift]) -> ColumnElement[str]:
    """Return the drift of the first condition that holds; a row of which none does is untouched."""
    return case(
        *((condition, literal(drift.value)) for condition, drift in judgements), else_=literal(Drift.UNTOUCHED.value)
    )
