"""What refuses answers: each must pick one live row of one slot in collision. `guard` asks that each has one."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import case, func, literal, or_, select

from alembic_rekey.guard.checks import check
from alembic_rekey.plan.answered import Answered
from alembic_rekey.plan.groups.members import Planned
from alembic_rekey.plan.groups.registered import Names
from alembic_rekey.plan.parts.slots import judged_slots
from alembic_rekey.spec import Check, Relation, Slots, Spec
from alembic_rekey.sql.dialects.older import listed

__all__ = ["answer_checks"]


def answer_checks(spec: Spec, names: Names, answered: Answered | None, planned: Planned) -> Iterator[Check]:
    """Yield a check per table of slots; none where there are no answers. They read the tables as they stand."""
    if answered is not None:
        for slots in spec.slots:
            yield check("answer", slots.noun, _without_use(spec, slots, names, answered, planned))


def _without_use(spec: Spec, slots: Slots, names: Names, answered: Answered, planned: Planned) -> Relation:
    judged = judged_slots(slots, spec, names, answered, planned)
    about = answered.about(slots, spec, f"rekey_given_{slots.noun}")

    facts = ("touched", "collided", "kept", "disputed")
    found = (
        select(
            judged.c.answer,
            *(func.max(judged.c[fact]).label(fact) for fact in facts),
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
    said = case(
        (about.c.canonical.is_(None), "no project of that name is registered"),
        (about.c.alias.is_(None), "that is no registered name of the project"),
        (about.c.turn > 1, "an answer before it in the file is about the same slot"),
        (or_(found.c.answer.is_(None), found.c.touched == 0), "no row under an alias stands in that slot"),
        (found.c.first != found.c.answer, "another answer is about the same slot"),
        (found.c.collided == 0, "its active rows do not differ: there is nothing to decide"),
        (found.c.kept == 0, "no active row there is written under that name"),
        (
            found.c.disputed == 1,
            "several active rows with different values are written under that name: write it as one of them is spelt",
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
