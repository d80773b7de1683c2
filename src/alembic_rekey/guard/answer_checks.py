"""What refuses answers: each must pick one live row of one slot in collision. `guard` asks that each has one."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import ColumnElement, FromClause, Text, and_, case, cast, func, literal, or_, select

from alembic_rekey.guard.checks import check
from alembic_rekey.names.answer_fields import owner_field
from alembic_rekey.plan.answered import Answered
from alembic_rekey.plan.groups.members import Planned
from alembic_rekey.plan.groups.registered import Names
from alembic_rekey.plan.judged import alike, flag
from alembic_rekey.plan.parts.slots import judged_slots
from alembic_rekey.spec import Check, Relation, Slots, Spec
from alembic_rekey.sql.dialects.older import listed

__all__ = ["answer_checks"]


def answer_checks(spec: Spec, names: Names, answered: Answered | None, planned: Planned) -> Iterator[Check]:
    """Yield a check per table of slots that a person may answer; none where there are no answers.

    They read the tables as they stand. That an answer is about other slots was refused as the file was read.
    """
    if answered is not None:
        for slots in (part for part in spec.slots if part.collides):
            yield check("answer", slots.noun, _without_use(spec, slots, names, answered, planned))


def _without_use(spec: Spec, slots: Slots, names: Names, answered: Answered, planned: Planned) -> Relation:
    judged = judged_slots(slots, spec, names, answered, planned)
    about = answered.about(slots, spec, f"rekey_given_{slots.noun}")

    facts = ("touched", "collided", "kept", "disputed")
    found = (
        select(
            judged.c.answer,
            *(func.max(judged.c[fact]).label(fact) for fact in facts),
            _of_several(spec, slots, judged).label("several"),
            func.min(judged.c.won_answer).label("first"),
        )
        .where(judged.c.answer.is_not(None))
        .group_by(judged.c.answer)
        .cte("rekey_found")
    )
    # Ordered first: not every database can order what it strings together.
    live = (
        select(judged.c.answer, judged.c.named)
        .where(judged.c.answer.is_not(None), judged.c.active == 1)
        .distinct()
        .order_by(judged.c.answer, judged.c.named)
        .subquery("rekey_live")
    )
    allowed = select(live.c.answer, listed(live.c.named).label("names")).group_by(live.c.answer).cte("rekey_allowed")
    may = case((found.c.collided == 1, func.coalesce(literal("; keep one of ") + allowed.c.names, "")), else_="")
    clearer = "write it as one of them is spelt" if len(slots.owners) == 1 else "say which row, as the form does"
    by_key = []
    if "row" in about.c:
        by_key.append((and_(about.c.row.is_not(None), found.c.kept == 0), "no active row there has that key"))
    said = case(
        (about.c.canonical.is_(None), "no project of that name is registered"),
        (about.c.alias.is_(None), "that is no registered name of the project"),
        (about.c.turn > 1, "an answer before it in the file is about the same slot"),
        (about.c.turn == 0, f"others in the file say which slot they mean: say it here too, by {_fields(slots)}"),
        (or_(found.c.answer.is_(None), found.c.touched == 0), "no row under an alias stands in that slot"),
        (
            found.c.several == 1,
            f"several slots in collision are called so: say which one, by {_fields(slots)}, as the form does",
        ),
        (found.c.first != found.c.answer, "another answer is about the same slot"),
        (found.c.collided == 0, "its active rows do not differ: there is nothing to decide"),
        *by_key,
        (found.c.kept == 0, "no active row there is written under that name"),
        (
            found.c.disputed == 1,
            "several active rows with different values are written under that name: " + clearer,
        ),
    )
    return (
        select(
            about.c.number,
            literal(str(slots.table.name)).label("table"),
            about.c.project,
            about.c.slot,
            about.c.keep,
            (said + may).label("what"),
        )
        .join_from(about, found, found.c.answer == about.c.number, isouter=True)
        .join(allowed, allowed.c.answer == about.c.number, isouter=True)
        .where(said.is_not(None))
        .order_by(about.c.number)
    )


def _of_several(spec: Spec, slots: Slots, judged: FromClause) -> ColumnElement[int]:
    """Return whether the slots in collision that an answer is about are several: nothing picks one of them."""
    if spec.told_by_canonical(slots):
        return literal(0)
    # None of them is what an owner that is NULL is.
    led = [literal("=") + cast(known, Text) for known in alike(judged, "owner")]
    texts = [case((judged.c.collided == 1, func.coalesce(known, literal("")))) for known in led]
    return flag(or_(*(func.min(text) != func.max(text) for text in texts)))


def _fields(slots: Slots) -> str:
    return ", ".join(repr(owner_field(owner)) for owner in slots.owning)
