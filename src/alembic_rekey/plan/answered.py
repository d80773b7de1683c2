"""The answers to collisions as a relation: an input of the plan, like the registered names."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator, Sequence
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
    null,
    or_,
    select,
)

from alembic_rekey.names.answers import Answer, Answers
from alembic_rekey.plan.groups.members import Led
from alembic_rekey.plan.groups.registered import Names
from alembic_rekey.plan.groups.standing import canonical_of, first_of
from alembic_rekey.plan.judged import alike, key_text, numbered
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

    `absent` are the tables and places of the slots' columns, and of the owners' behind them, that some answer says are
    NULL: only those are compared in a way that no index and no hash join can serve. `further` are the tables about
    which some answer says more than a slot's columns: its owners, or the key of the row to keep.
    """

    relation: FromClause
    absent: frozenset[tuple[str, int]]
    further: frozenset[str]

    @classmethod
    def recorded(cls, given: Answers) -> Answered:
        """Return the answers of the current run, read from the side table that holds `answer_rows(given)`."""
        read = [answers.c[field] for field in _FIELDS]
        recorded = select(*read).where(answers.c.run_id == current_run()).subquery("rekey_recorded")
        return cls(recorded, _absent(given), _further(given))

    @classmethod
    def handed_over(cls, given: Answers, dialect: str) -> Answered:
        """Return the answers as one bound document, for a plan on a database that must not be written to."""
        document = bindparam("resolutions", json.dumps(list(answer_rows(given))), Text())
        entries = database(dialect).entries(document, _FIELDS[1:], numbers=_FIELDS[:1])
        read = [entry.label(field) for entry, field in zip(entries, _FIELDS, strict=True)]
        return cls(select(*read).subquery("rekey_handed_over"), _absent(given), _further(given))

    def about(self, slots: Slots, spec: Spec, name: str) -> CTE:
        """Return the answers about one table, as a CTE of that name: their columns, `slot_0` and so on, and `turn`.

        `turn` is 1 but for an answer whose very question was answered before in the file, and 0 for one that says no
        owners where another about the same names does. Of a table in `further` also `owners` and `row`, lists or NULL
        where nothing is said of them, and `owner_0` and so on, `row_0` and so on.
        """
        one = self.relation
        said = [one.c[field] for field in _FIELDS]
        items = numbered("slot", [Item(one.c.slot, place) for place in range(len(slots.slot))])
        asked: list[ColumnElement[Any]] = [one.c.slot]
        by_name = spec.answered_by_name(slots)
        owners, row = (Item(one.c.slot, len(slots.slot) + place) for place in range(2))
        if self._says_more(slots):
            led = [Item(owners, place) for place in range(len(slots.owner_columns))]
            # Two rows of one slot are two answers to one question.
            asked = [Item(one.c.slot, place) for place in range(len(slots.slot) + 1)]
            items += [owners.label("owners"), row.label("row"), *numbered("owner", led)]
            items += numbered("row", [Item(row, place) for place in range(len(slots.keys))])
        question = [one.c.canonical, *asked, *([] if by_name else [one.c.keep])]
        turn: ColumnElement[Any] = func.row_number().over(partition_by=question, order_by=one.c.number)
        if self._says_more(slots) and by_name:
            others = func.count(owners).over(partition_by=[one.c.canonical, *asked[:-1]])
            turn = case((and_(owners.is_(None), others > 0), 0), else_=turn)
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
        `named`, by what an answer keeps the row: NULL where no name of several owners tells it.
        """
        about = self.about(slots, spec, f"rekey_answer_{slots.noun}")
        asked = and_(
            about.c.turn == 1,
            about.c.canonical == canonical_of(led),
            # As the column compares: where it takes `a` for `A`, both are one slot.
            *self._same(slots, slots.slot, alike(about, "slot")),
        )
        more = self._says_more(slots)
        if more:
            owners = self._same(slots, led.owners, alike(about, "owner"), len(slots.slot))
            asked = and_(asked, or_(about.c.owners.is_(None), and_(*owners)))
        is_active = [] if slots.status is None else [comparable(slots.status) == slots.active]
        if not spec.answered_by_name(slots):
            asked = and_(asked, cast(key_text(slots.keys), Text) == about.c.keep)
            kept = case((and_(about.c.keep.is_not(None), *is_active), 2), else_=0)
            named = cast(key_text(slots.keys), Text).label("named")
            return source.outerjoin(about, asked), [about.c.number.label("answer"), kept.label("kept"), named]
        name = spec.identity.named[0]
        written = first_of(led.members, [member.c.name for member in led.members])
        spelled = names.spelled(name, f"answer_{slots.noun}", spec.identity.match)
        source = source.outerjoin(spelled, spelled.c.spelling == Exact(written))
        meant, exactly = about.c.alias == spelled.c.alias, Exact(written) == about.c.keep
        lines = [(and_(*is_active, meant, exactly), 2), (and_(*is_active, meant), 1)]
        if more:
            its_own = [cast(known, Text) == said for known, said in zip(slots.keys, alike(about, "row"), strict=True)]
            by_key = about.c.row.is_not(None)
            lines = [(and_(by_key, *is_active, *its_own), 2), (by_key, 0), *lines]
        of_answers: list[ColumnElement[Any]] = [
            about.c.number.label("answer"),
            case(*lines, else_=0).label("kept"),
            (written if len(led.members) == 1 else cast(null(), Text)).label("named"),
        ]
        return source.outerjoin(about, asked), of_answers

    def _says_more(self, slots: Slots) -> bool:
        return str(slots.table.fullname) in self.further

    def _same(
        self, slots: Slots, columns: Sequence[ColumnElement[Any]], said: Sequence[ColumnElement[Any]], first: int = 0
    ) -> Iterator[ColumnElement[bool]]:
        """Yield that each of `columns` is what an answer says of it; `first` is the place of the first among all."""
        for place, (known, text) in enumerate(zip(columns, said, strict=True), first):
            is_absent = (str(slots.table.fullname), place) in self.absent
            yield SameSlot(cast(known, Text), text) if is_absent else cast(known, Text) == text


def answer_rows(given: Answers) -> Generator[dict[str, Any], None, None]:
    """Yield the lines of the relation: one per answer.

    `slot` is a list of the slot's columns, and behind them the lists of the owners' columns and of the key of the row
    to keep where an answer says either.
    """
    for answer in given.given:
        more = [answer.owners, answer.row] if _says_more(answer) else []
        slot = json.dumps([*answer.slot, *more], ensure_ascii=False)
        said = (answer.number, answer.table, slot, answer.project, answer.canonical, answer.keep, answer.alias)
        told = dict(zip(_FIELDS, said, strict=True))
        yield {**told, "decided_by": answer.decided_by, "why": answer.why}


def _says_more(answer: Answer) -> bool:
    return answer.owners is not None or answer.row is not None


def _further(given: Answers) -> frozenset[str]:
    return frozenset(answer.table for answer in given.given if _says_more(answer))


def _absent(given: Answers) -> frozenset[tuple[str, int]]:
    return frozenset(
        (answer.table, place)
        for answer in given.given
        for place, text in enumerate((*answer.slot, *(answer.owners or ())))
        if text is None
    )
