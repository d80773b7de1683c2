"""Rows that refer to identities, any number of them: those of shadows are moved, deleted, or refer to nothing."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, case, or_

from alembic_rekey.plan.answered import Answered
from alembic_rekey.plan.groups.members import Planned, led
from alembic_rekey.plan.groups.registered import Names
from alembic_rekey.plan.judged import as_read
from alembic_rekey.plan.rules import Action
from alembic_rekey.spec import Itself, OnFold, References, Relation, Spec

__all__ = ["ITSELF", "plan_references"]

ITSELF = {Itself.REFUSE: Action.ITSELF, Itself.DELETE: Action.DELETE}
"""What is done with a row two owners of which become one; where nothing is said, what would be done anyway."""

_ON_FOLD = {OnFold.MOVE: Action.REKEY, OnFold.DELETE: Action.DELETE, OnFold.SET_NULL: Action.DETACH}


def plan_references(
    references: References, spec: Spec, _names: Names, _answered: Answered | None, planned: Planned
) -> Relation:
    """Return the plan of `references` (design, section 4, References and tags)."""
    joined = led(references, spec, planned, references.table)
    lines: list[tuple[ColumnElement[bool], str]] = []
    # Who goes, or refers to no shadow any more, does not come to refer to one thing twice.
    if joined.together is not None and references.on_fold is OnFold.MOVE and references.itself in ITSELF:
        lines.append((and_(joined.moved, joined.together), ITSELF[references.itself].value))
    # Who refers to a row that stays under another key follows it, whatever becomes of who refers to a shadow.
    lines.append((joined.gone, _ON_FOLD[references.on_fold].value))
    rows = as_read(references, case(*lines, else_=Action.REKEY.value), joined.canonical)
    concerned = or_(joined.moved, *joined.follows.values())
    return rows.select_from(joined.source).where(concerned, *references.counting)
