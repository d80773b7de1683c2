"""What a spec claims about its tables, asked of the catalog: that they are tables, whole, seen whole, and of texts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import singledispatch
from typing import Any

from sqlalchemy import CTE

from alembic_rekey.guard.catalog import about
from alembic_rekey.guard.checks import check
from alembic_rekey.plan.actions import written
from alembic_rekey.spec import Check, Identity, Part, Relation, Slots, Tags
from alembic_rekey.sql.dialects import database
from alembic_rekey.sql.dialects.question import Question

__all__ = ["label_claims", "spoken", "table_claims"]

_SEVERAL = """SELECT noun, "table", columns FROM rekey_unique AS several
    WHERE several.names = 1 AND several.others = 1 AND several.parts > 1 AND several.keyed = 0 AND NOT EXISTS (
      SELECT 1 FROM rekey_unique AS alone
      WHERE alone."table" = several."table" AND alone.names = 1 AND alone.parts = 1 AND alone.partial = 0
    )"""


def table_claims(parts: Sequence[Part], dialect: str) -> Iterator[Check]:
    """Yield the checks of what the catalog alone tells, each asked once for all tables."""
    asked = database(dialect)
    for name, question in asked.table_claims.items():
        # A name that no fold writes may be of any type.
        concerned = [part for part in parts if name != "not_text" or _writes_names(part)]
        if concerned:
            yield check(name, "", _of(concerned, parts, question))
    if identities := [part for part in parts if isinstance(part, Identity) and part.named]:
        several = Question(_SEVERAL, ("noun", "table", "columns"), (asked.unique_names,))
        yield check("name_of_several", "", _of(identities, parts, several))


def label_claims(parts: Iterable[Part], stored: CTE, dialect: str) -> list[Check]:
    """Return the check that a word of the spec is a label, where its column is of an enum; `stored` is the catalog."""
    words = [(part.table, name, word) for part in parts for name, word in spoken(part) if type(word) is str]
    return [check("no_label", "", found) for found in database(dialect).strange_labels(words, stored)]


@singledispatch
def spoken(_part: Part) -> Iterable[tuple[str, Any]]:
    """Return the constants that a spec says of columns of `part`, with their names."""
    return ()


@spoken.register
def _spoken_of_identity(identity: Identity) -> Iterable[tuple[str, Any]]:
    return [*(identity.retiring or {}).items(), *(identity.creating.items() if identity.creates else ())]


@spoken.register
def _spoken_of_slots(slots: Slots) -> Iterable[tuple[str, Any]]:
    return () if slots.status is None else [(str(slots.status.name), slots.active)]


@spoken.register
def _spoken_of_tags(tags: Tags) -> Iterable[tuple[str, Any]]:
    return () if tags.status is None else [(str(tags.status.name), tags.superseded)]


def _of(concerned: Sequence[Part], parts: Sequence[Part], question: Question) -> Relation:
    """Return what `question` says of some of `parts`: it is asked of all, as every other."""
    said = about(parts, question)
    if len(concerned) == len(parts):
        return said
    return said.where(said.selected_columns.noun.in_([part.noun for part in concerned]))


def _writes_names(part: Part) -> bool:
    return any(not {*part.named}.isdisjoint(columns) for columns in written(part).values())
