"""Where folded keys lead, taken back: what an older run said is what it says again."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import (
    CTE,
    ColumnElement,
    FromClause,
    Integer,
    MetaData,
    Table,
    Text,
    and_,
    column,
    delete,
    exists,
    literal,
    not_,
    select,
    table,
    update,
)
from sqlalchemy.schema import DropTable

from alembic_rekey.back.drift import restorable_run
from alembic_rekey.plan.judged import keys_of, leads_of
from alembic_rekey.plan.rules import Action
from alembic_rekey.spec import Identity, Relation
from alembic_rekey.sql.dialects.older import CreateTableAs
from alembic_rekey.sql.side_tables import journal, redirects
from alembic_rekey.sql.steps import Statement, Step, analyzed
from alembic_rekey.sql.values import KeyText
from alembic_rekey.undo.decided import goes_back

__all__ = ["taken_back"]

_SHADOWS = (Action.DELETE, Action.RETIRE)
_LEADING = table(
    "rekey_leading", column("run_id", Integer()), column("old_key", Text()), column("new_key", Text()), column("step")
)
"""Where keys of older runs lead without the run that goes back, `step` by step: the run of the last one counts."""


def taken_back(identity: Identity, dialect: str) -> Iterator[Step]:
    """Yield what takes the lines of the shadows away that go back, and leads older ones where they led before.

    Where an older run led to is in its journal; between it and this one the key may have been led on.
    """
    yield from analyzed(dialect, redirects, "run_id", "noun", "old_key")
    returning = select(_key(identity, journal(identity))).where(goes_back(identity, *_SHADOWS))
    mine = redirects.c.run_id == restorable_run(), redirects.c.noun == identity.noun
    yield Statement(
        "The keys that return lead nowhere.", delete(redirects).where(*mine, redirects.c.old_key.in_(returning))
    )
    says = "Follow older keys that lead the way of this run, as far as they did before it."
    yield Statement(says, CreateTableAs(select(_before(identity)), _LEADING.name))
    its = _LEADING.c.run_id == redirects.c.run_id, _LEADING.c.old_key == redirects.c.old_key
    last = select(_LEADING.c.new_key).where(*its).order_by(_LEADING.c.step.desc()).limit(1).scalar_subquery()
    yield Statement(
        "Lead them there again.",
        update(redirects)
        .values(new_key=last)
        .where(redirects.c.noun == identity.noun, exists(select(literal(1)).select_from(_LEADING).where(*its))),
    )
    yield Statement("Drop what was followed.", DropTable(Table(_LEADING.name, MetaData())))


def _before(identity: Identity) -> CTE:
    ways = select(_lead(identity, journal(identity))).where(goes_back(identity, *_SHADOWS))
    older, kept = redirects.alias("rekey_older"), journal(identity).alias("rekey_said")
    concerned = older.c.noun == identity.noun, older.c.run_id < restorable_run(), older.c.new_key.in_(ways)
    first: Relation = (
        select(older.c.run_id, older.c.old_key, _lead(identity, kept).label("new_key"), older.c.run_id.label("step"))
        .join_from(older, kept, _said(identity, kept, older))
        .where(*concerned)
    )
    followed = first.cte("rekey_followed", recursive=True)
    # A key may have been given again, and be folded again: the first fold after that step is the one that is meant.
    step, sooner = redirects.alias("rekey_step"), redirects.alias("rekey_sooner")
    earlier = exists(
        select(literal(1)).where(
            *(sooner.c.noun == identity.noun, sooner.c.old_key == followed.c.new_key),
            *(sooner.c.run_id > followed.c.step, sooner.c.run_id < step.c.run_id),
        )
    )
    further: Relation = (
        select(followed.c.run_id, followed.c.old_key, _lead(identity, kept), step.c.run_id)
        .join_from(followed, step, and_(step.c.old_key == followed.c.new_key, step.c.run_id > followed.c.step))
        .join(kept, _said(identity, kept, step))
        .where(step.c.noun == identity.noun, step.c.run_id <= restorable_run(), not_(earlier))
    )
    return followed.union_all(further)


def _said(identity: Identity, kept: FromClause, line: FromClause) -> ColumnElement[bool]:
    """Return the condition that a line of the journal is the one that `line` was made of."""
    shadow = kept.c.rekey_action.in_([action.value for action in _SHADOWS])
    return and_(kept.c.rekey_run == line.c.run_id, shadow, _key(identity, kept) == line.c.old_key)


def _key(identity: Identity, kept: FromClause) -> ColumnElement[str]:
    return KeyText(keys_of(identity, kept))


def _lead(identity: Identity, kept: FromClause) -> ColumnElement[str]:
    return KeyText(leads_of(identity, kept))
