"""The collisions as a page shows them: a card per slot, with each of its values, to be decided by whoever approves."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import groupby
from typing import Any

from alembic_rekey.review.questions import HOW, Question
from alembic_rekey.show.page.markup import Piece, cut, island, pieces, said

__all__ = ["Card", "Side", "cards", "decisions", "grouped"]

_MOST = 10_000
"""Characters of one difference that a page shows."""


@dataclass(frozen=True)
class Side:
    """One row of a slot: what it says, as which `side` of a comparison; `keep` is None where it cannot be kept."""

    row: Mapping[str, Any]
    says: Sequence[Piece]
    side: int
    keep: object
    is_own: bool
    under: int
    """How many rows of the plan stand under the same name."""


@dataclass(frozen=True)
class Card:
    """A slot in collision; `anchor` is the same on each page of the same slot."""

    question: Question
    anchor: str
    slot: str
    sides: Sequence[Side]

    @property
    def newest(self) -> Side | None:
        """The one row that is newer than all others."""
        found = [side for side in self.sides if side.row["newest"]]
        return found[0] if len(found) == 1 else None

    @property
    def live(self) -> int:
        """How many values are live."""
        return sum("keep" in side.row for side in self.sides)


def cards(asked: Sequence[Question], under: Mapping[str, int]) -> list[Card]:
    """Return a card per question; `under` is how many rows of the plan stand under each name."""
    return [_card(question, under) for question in asked]


def grouped(made: Sequence[Card]) -> Iterator[tuple[str, list[Card]]]:
    """Yield the cards of each canonical."""
    by_name = sorted(made, key=lambda card: card.question.canonical)
    for canonical, of_it in groupby(by_name, lambda card: card.question.canonical):
        yield canonical, list(of_it)


def decisions(made: Sequence[Card], before: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield what the script of a page needs to write the file of answers; `before` was answered before."""
    yield f'{{"about":{island(HOW)},"before":{island(list(before))},"asked":['
    for number, (_, of_it) in enumerate(grouped(made)):
        for place, card in enumerate(of_it):
            rows = [[side.keep, side.row["newest"], side.is_own] for side in card.sides]
            yield f"{',' * (number + place > 0)}\n{island([card.question.asked, rows])}"
    yield "\n]}"


def _card(question: Question, under: Mapping[str, int]) -> Card:
    rows = sorted(question.rows, key=lambda row: ("keep" not in row, not row["own"]))
    live = [row for row in rows if "keep" in row]
    # Two rows of one name that say different things: no name tells which of them is meant.
    told = {(json.dumps(row["keep"]), row["value"]) for row in live}
    unclear = {keep for keep, number in Counter(keep for keep, _ in told).items() if number > 1}
    sides = []
    for number, row in enumerate(rows):
        # With two values each is marked against the other; of more, the others against the first.
        first, other = said(rows[0]["value"]), said(row["value"])
        compared = pieces(first, other if number else said(rows[1]["value"]), _MOST) if len(rows) > 1 else [first]
        if not number and len(rows) > 2:
            compared = [cut(first, _MOST)]
        keep = row.get("keep")
        name = str(row["written_under"])
        sides.append(
            Side(
                row=row,
                says=compared,
                side=min(number, 1),
                keep=None if json.dumps(keep) in unclear else keep,
                is_own=row["own"],
                under=under.get(name, 0),
            )
        )
    places = {**question.owners, **question.slot}
    slot = ", ".join(f"{name}={cut(said(value), 200)}" for name, value in places.items()) or "its one row"
    digest = sha256(json.dumps([question.table, question.asked]).encode()).hexdigest()
    return Card(question, f"collision-{digest[:12]}", slot, sides)
