"""Schemas with their rows for hypothesis: an identity, what is folded with it, and what nobody told the spec about.

A case is plain tables plus a few features. Each feature is one thing that real schemas have, so that what
fails names its cause, and what the engine cannot do yet can be left out by its name.
"""

from __future__ import annotations

from random import Random
from typing import Any

import sqlalchemy as sa
from hypothesis import strategies as st

from fuzzed_cases import Case
from fuzzed_children import add_children
from fuzzed_drawing import Drawing
from fuzzed_hazards import HAZARDS, add_hazards
from fuzzed_identities import add_identity
from fuzzed_owned import add_items, add_links, add_references, add_slots
from fuzzed_parts import Part
from fuzzed_pools import TAGS
from fuzzed_tables import Column

__all__ = ["FEATURES", "cases"]

BOTH, SQLITE, SERVER = ("sqlite", "postgresql"), ("sqlite",), ("postgresql",)
DECLARED = {"references": 2, "links": 2, "found": 3, "items": 3, "within": 3, "composite keys": 2} | dict.fromkeys(
    ("survivor", "promote", "absorb", "retire", "own owners"), 5
)
"""What a spec says of schemas that are as it says: each is in one case of so many."""
SHAPES = {
    "nothing but the identity": BOTH,
    "names per tenant": BOTH,
    "names twice": BOTH,
    "name without case": BOTH,
    "name is the key": BOTH,
    "created needs a value": BOTH,
    "odd times": BOTH,
    "key not unique": BOTH,
    "key null": SQLITE,
    "key of two columns": BOTH,
    "null slots": BOTH,
    "unique on slots": BOTH,
    "unique on tags": BOTH,
    "unique on references": BOTH,
    "unique on links": BOTH,
    "unique mail": BOTH,
    "differing": BOTH,
    "partial unique": BOTH,
    "unique of an expression": BOTH,
    "exclusion": SERVER,
    "nulls not distinct": SERVER,
    "on conflict": SQLITE,
    "wrong active": BOTH,
    "wrong slot": BOTH,
    "one column twice": BOTH,
    "tag no text": BOTH,
    "generated column": BOTH,
    "type without equality": SERVER,
    "odd types": BOTH,
    "many columns": BOTH,
    "check": BOTH,
    "dropped column": SERVER,
    "always identity": SERVER,
    "stale sequence": SERVER,
    "strict": SQLITE,
    "without rowid": SQLITE,
    "hostile tables": BOTH,
    "hostile columns": BOTH,
    "our names for tables": BOTH,
    "our names for columns": BOTH,
    "orphans": BOTH,
    "unchecked rows": BOTH,
    "child of the identity": BOTH,
    "child of slots": BOTH,
    "child of two columns": BOTH,
    "child of the name": BOTH,
    "child of a foreign mismatch": SQLITE,
    "child of a partition": SERVER,
    "table inherits": SERVER,
    "second owner": BOTH,
    "parent in the identity": BOTH,
    "deferred keys": BOTH,
}
FEATURES = {**dict.fromkeys(DECLARED, BOTH), **SHAPES, **HAZARDS}
"""Every feature, and the databases that have it."""
KINDS = ("integer", "text", "uuid")
FEW = (0, 0, 0, 1, 1, 1, 1, 2, 2, 3, 4)
"""How many shapes and hazards a case has: the more, the likelier it is refused."""


def cases(
    dialect: str, without: frozenset[str] = frozenset(), always: frozenset[str] = frozenset()
) -> st.SearchStrategy[Case]:
    """Cases of a database, without some features, and with others in any case.

    Hypothesis draws the seed alone: where it draws each choice it tries many cases that are nearly the same.
    """
    return st.randoms(use_true_random=True).map(lambda random: _case(random, dialect, without, always))


def _case(random: Random, dialect: str, without: frozenset[str], always: frozenset[str]) -> Case:
    known = [name for name, dialects in FEATURES.items() if dialect in dialects and name not in without]
    odd = [name for name in known if name not in DECLARED]
    chosen = random.sample(odd, min(random.choice(FEW), len(odd)))
    chosen += [name for name in known if name in DECLARED and random.randrange(DECLARED[name]) == 0]
    drawing = Drawing(random, dialect, always | frozenset(chosen))
    drawing.case.by_script = drawing.pick((False, False, True))
    add_identity(drawing, drawing.pick(KINDS))
    if not drawing.has("nothing but the identity"):
        _add_folded(drawing)
    add_children(drawing)
    add_hazards(drawing)
    return drawing.case


def _add_folded(drawing: Drawing) -> None:
    slots, tags = drawing.pick(((1, 1), (1, 1), (1, 0), (0, 1), (2, 0), (0, 2)))
    for number in range(slots):
        add_slots(drawing, number, drawing.pick(KINDS))
    if drawing.case.parts[0].tagged:
        for number in range(tags):
            _add_tags(drawing, number, drawing.pick(KINDS))
    if drawing.has("references"):
        add_references(drawing, 0, drawing.pick(KINDS))
    if drawing.has("links"):
        add_links(drawing, 0, drawing.pick(KINDS))
    owned = [part for part in drawing.case.parts if part.kind in ("slots", "references")]
    if drawing.has("items") and owned:
        add_items(drawing, drawing.pick(owned))


def _add_tags(drawing: Drawing, number: int, kind: str) -> None:
    columns = {
        "key": drawing.key(kind),
        "tag": Column("shop", drawing.pick(("TEXT", "VARCHAR(200)")), sa.Text(), pool=TAGS),
        "agree": Column("body", "TEXT", sa.Text(), pool=("a", "it's 100%", None)),
        "status": Column("state", "TEXT", sa.Text(), pool=("active", "active", "old", None)),
        "updated_at": drawing.time(),
    }
    if drawing.sometimes("tag no text"):
        type_, declared = drawing.pick((("INTEGER", sa.Text()), ("INTEGER", sa.Integer()), ("TEXT", sa.Integer())))
        columns["tag"] = Column("shop", type_, declared, pool=(1, 2) if type_ == "INTEGER" else TAGS)
    if drawing.sometimes("name without case") and columns["tag"].type == "TEXT":
        columns["tag"].type, columns["tag"].constraint = (
            ("citext", "") if drawing.server else ("TEXT", "COLLATE NOCASE")
        )
    identity = drawing.case.parts[0]
    within = "within" in identity.roles and (identity.found or drawing.pick((True, False)))
    made = drawing.table(f"notes{number}", columns, tenant=within)
    roles: dict[str, Any] = {"key": "key", "tag": "tag"} | ({"within": ("tenant",)} if within else {})
    if drawing.pick((True, False)):
        roles["updated_at"] = "updated_at"
    if drawing.pick((True, False)):
        roles |= {"status": "status", "agree": drawing.pick((("agree",), ("agree", "status")))}
    elif drawing.pick((True, False)):
        # Losers go.
        roles["agree"] = ("agree",)
    if drawing.sometimes("one column twice"):
        roles |= drawing.pick(({"status": "tag", "agree": ("agree",)}, {"status": "agree", "agree": ("agree",)}))
    if drawing.sometimes("unique on tags"):
        drawing.case.between.append(drawing.unique(made, drawing.pick((("tag", "agree"), ("tag",), ("agree", "tag")))))
    if drawing.sometimes("partial unique"):
        one = drawing.unique(made, ("tag", "agree"))
        drawing.case.between.append(f"{one} WHERE {made.c('status')} = 'active'")
    if drawing.sometimes("unique of an expression") and columns["tag"].pool is TAGS:
        # PostgreSQL has no lower() of a number.
        name = f"expression{len(drawing.case.between)}"
        drawing.case.between.append(
            f"CREATE UNIQUE INDEX {name} ON {made.sql} (lower({made.c('tag')}), {made.c('agree')})"
        )
    drawing.case.parts.append(Part("tags", made, roles, {"noun": f"note{number}"}))
    names = [row["name"] for row in identity.table.rows] if identity.found else []
    drawing.fill(
        made, kind, drawing.pick((0, 2, 3, 4, 6)), **({"tag": names} if names and columns["tag"].pool is TAGS else {})
    )
