"""The answers to collisions as a relation: an input of the plan, like the registered names."""

from __future__ import annotations

import json
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    FromClause,
    Text,
    and_,
    bindparam,
    case,
    cast,
    func,
    literal,
    select,
)

from alembic_rekey.names.answers import Answers
from alembic_rekey.plan.groups.members import Led
from alembic_rekey.plan.groups.registered import Names
from alembic_rekey.plan.judged import key_text
from alembic_rekey.spec import Slots, Spec
from alembic_rekey.sql.dialects import database
from alembic_rekey.sql.equality import SameSlot
from alembic_rekey.sql.expressions import Exact, Item
from alembic_rekey.sql.registry_text import RegistryText
from alembic_rekey.sql.side_tables import answers, current_run
from alembic_rekey.sql.values import comparable

__all__ = ["Answered", "answer_rows"]

_FIELDS = ("number", "source", "slot", "project", "canonical", "keep", "alias")


@dataclass(frozen=True)
class Answered:
    """Answers as a relation, whose columns are those of `rekey_answer` without the run.

    `absent` are the tables and places of the slots' columns that some answer says are NULL: only those are
    compared in a way that no index and no hash join can serve.
    """

    relation: FromClause
    absent: frozenset[tuple[str, int]]

    @classmethod
    def recorded(cls, given: Answers) -> Answered:
        """Return the answers of the current run, read from the side table that holds `answer_rows(given)`."""
        read = [answers.c[field] for field in _FIELDS]
        return cls(select(*read).where(answers.c.run_id == current_run()).subquery("rekey_recorded"), _absent(given))

    @classmethod
    def handed_over(cls, given: Answers, dialect: str) -> Answered:
        """Return the answers as one bound document, for a plan on a database that must not be written to."""
        document = bindparam("resolutions", json.dumps(list(answer_rows(given))), Text())
        entries = database(dialect).entries(document, _FIELDS[1:], numbers=_FIELDS[:1])
        read = [entry.label(field) for entry, field in zip(entries, _FIELDS, strict=True)]
        return cls(select(*read).subquery("rekey_handed_over"), _absent(given))

    def about(self, slots: Slots, spec: Spec, name: str) -> CTE:
        """Return the answers about one table, as a CTE of that name: their columns, `slot_0` and so on, and `turn`.

        `turn` is 1 but for an answer whose very question was answered before in the file.
        """
        one = self.relation
        said = [one.c[field] for field in _FIELDS]
        question = [one.c.canonical, one.c.slot, *([] if spec.answered_by_name(slots) else [one.c.keep])]
        turn = func.row_number().over(partition_by=question, order_by=one.c.number)
        items = [Item(one.c.slot, place).label(f"slot_{place}") for place in range(len(slots.slot))]
        mine = one.c.source == literal(str(slots.table.fullname), RegistryText())
        return (
            select(*said, *items, turn.label("turn"))
            .where(mine)
            .cte(name)
            # Taken apart once per answer: SQLite would do it again for each row that joins.
            .prefix_with("MATERIALIZED")
        )

    def joined(
        self, source: FromClause, slots: Slots, spec: Spec, names: Names, led: Led
    ) -> tuple[FromClause, list[ColumnElement[Any]]]:
        """Return `source`, rows of `slots` joined with the members that they hang on, joined with the answers.

        With it the columns `answer`, the number of the answer about a row's slot, `kept` (see `SLOT_RANKS`), and
        `named`, by what an answer keeps the row.
        """
        about = self.about(slots, spec, f"rekey_answer_{slots.noun}")
        asked = and_(
            about.c.turn == 1,
            about.c.canonical == led.canonical,
            # As the column compares: where it takes `a` for `A`, both are one slot.
            *(
                SameSlot(cast(column, Text), about.c[f"slot_{place}"])
                if (str(slots.table.fullname), place) in self.absent
                else cast(column, Text) == about.c[f"slot_{place}"]
                for place, column in enumerate(slots.slot)
            ),
        )
        is_active = [] if slots.status is None else [comparable(slots.status) == slots.active]
        if not spec.answered_by_name(slots):
            asked = and_(asked, cast(key_text(slots.keys), Text) == about.c.keep)
            kept = case((and_(about.c.keep.is_not(None), *is_active), 2), else_=0)
            named = cast(key_text(slots.keys), Text).label("named")
            return source.outerjoin(about, asked), [about.c.number.label("answer"), kept.label("kept"), named]
        name = spec.identity.named[0]
        written = led.members[0].c.name
        spelled = names.spelled(name, f"answer_{slots.noun}", spec.identity.match)
        source = source.outerjoin(spelled, spelled.c.spelling == written)
        meant, exactly = about.c.alias == spelled.c.alias, Exact(written) == about.c.keep
        kept = case((and_(*is_active, meant, exactly), 2), (and_(*is_active, meant), 1), else_=0)
        of_answers: list[ColumnElement[Any]] = [
            about.c.number.label("answer"),
            kept.label("kept"),
            written.label("named"),
        ]
        return source.outerjoin(about, asked), of_answers


def answer_rows(given: Answers) -> Generator[dict[str, Any], None, None]:
    """Yield the lines of the relation: one per answer."""
    for answer in given.given:
        slot = json.dumps(answer.slot, ensure_ascii=False)
        said = (answer.number, answer.table, slot, answer.project, answer.canonical, answer.keep, answer.alias)
        told = dict(zip(_FIELDS, said, strict=True))
        yield {**told, "decided_by": answer.decided_by, "why": answer.why}


def _absent(given: Answers) -> frozenset[tuple[str, int]]:
    return frozenset(
        (answer.table, place) for answer in given.given for place, text in enumerate(answer.slot) if text is None
    )
