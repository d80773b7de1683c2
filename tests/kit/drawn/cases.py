"""Whole cases: an identity, up to four tables that hang on it or carry its names."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from hypothesis import strategies as st

from drawn.case import Case
from drawn.drawing import Drawing
from drawn.identities import add_identity
from drawn.owned import add_items, add_references, add_slots
from drawn.tagged import add_tags
from reading import Declaration, Duplicates, Match, Most

__all__ = ["FEATURES", "cases"]

FEATURES = frozenset(
    {
        *("found", "found beyond ascii", "sigma", "expressions", "nameless", "exact", "pairs of ids", "names twice"),
        *("within", "where", "survivor", "most", "promote", "created", "absorb", "retire"),
        *("own owners", "several own owners", "already itself"),
        *("composite keys", "owners that share", "owners of nobody"),
        *("references", "several owners", "on fold", "names", "text owners", "key holds owner"),
        *("slots", "slot of no columns", "several slot owners", "names in slots", "no value", "no status", "no time"),
        *("differing", "slots absorb", "items of slots", "items of moving slots", "names behind slots"),
        *("tags", "several tags", "merged tags", "tags within", "tags of found"),
        *("epoch", "stamped", "unique", "hostile names"),
    }
)
"""What a case may have; what the engine cannot do yet is left out by its name."""


def cases(dialect: str, features: frozenset[str] = FEATURES) -> st.SearchStrategy[Case]:
    """A spec and rows, of which three in four are such as an upgrade is likely to accept.

    Hypothesis draws the seed alone: where it draws each choice it tries many cases that are nearly the same.
    """
    return st.randoms(use_true_random=True).map(lambda random: _case(random, dialect, features))


def _case(random: Random, dialect: str, features: frozenset[str]) -> Case:
    drawing = Drawing(random, dialect, features, refusable=random.randrange(4) == 0)
    add_identity(drawing)
    identity = drawing.identity
    assert identity is not None
    kinds = [kind for kind in ("references", "slots", "tags") if kind in features]
    named = identity.duplicates is not Duplicates.FOUND or (
        identity.name is not None and "tags of found" in features and isinstance(identity.match, Match)
    )
    for number in range(drawing.pick((2, 2, 3, 3, 1, 0))):
        kind = drawing.pick(kinds)
        if kind == "references":
            add_references(drawing, number)
        elif kind == "slots":
            slots = add_slots(drawing, number)
            moves = len(slots.key) > 1 and "items of moving slots" not in features
            if not moves and not any(part.of for part in drawing.references) and drawing.some("items of slots"):
                add_items(drawing, slots)
        elif named:
            add_tags(drawing, number)
    _rank_by_most(drawing)
    assert drawing.identity is not None
    declaration = Declaration(
        identity=drawing.identity,
        references=tuple(drawing.references),
        slots=tuple(drawing.slots),
        tags=tuple(drawing.tags),
        unique=drawing.unique,
        foreign_keys=tuple(drawing.foreign_keys),
    )
    return Case(dialect, declaration, drawing.registry, drawing.tables)


def _rank_by_most(drawing: Drawing) -> None:
    """Lets the row stay that most rows refer to, where some refer to it by one column of its own kind."""
    identity = drawing.identity
    assert identity is not None
    if len(identity.key) > 1 or not drawing.some("most"):
        return
    kind = drawing.tables[identity.table].columns[identity.key[0]].kind
    for part in (*drawing.references, *drawing.slots):
        (column,) = part.owners[0] if part.of is None else (None,)
        if column is not None and drawing.tables[part.table].columns[column].kind == kind:
            most = Most(part.table, column)
            drawing.identity = replace(
                identity, survivor=drawing.pick(((most,), (most, *identity.survivor), (*identity.survivor, most)))
            )
            return
