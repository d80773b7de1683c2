"""Schemas with their rows for hypothesis: an identity, what is folded with it, and what nobody told the spec about.

A case is plain tables plus a few features. Each feature is one thing that real schemas have, so that what
fails names its cause, and what the engine cannot do yet can be left out by its name.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from hypothesis import strategies as st

from fuzzed_children import add_children
from fuzzed_drawing import Draw, Drawing
from fuzzed_hazards import HAZARDS, add_hazards
from fuzzed_pools import DECLARED, NAMES, TAGS, TYPES, VALUES
from fuzzed_tables import Case, Column, Part

__all__ = ["FEATURES", "cases"]

BOTH, SQLITE, SERVER = ("sqlite", "postgresql"), ("sqlite",), ("postgresql",)
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
FEATURES = {**SHAPES, **HAZARDS}
"""Every feature, and the databases that have it."""


@st.composite
def cases(
    draw: Draw, dialect: str, without: frozenset[str] = frozenset(), always: frozenset[str] = frozenset()
) -> Case:
    """A case of a database, without some features, and with others in any case."""
    known = [name for name, dialects in FEATURES.items() if dialect in dialects and name not in without]
    chosen = always | frozenset(draw(st.lists(st.sampled_from(known), max_size=4, unique=True)) if known else ())
    drawing = Drawing(draw, dialect, chosen)
    drawing.case.by_script = draw(st.sampled_from((False, False, True)))
    kinds = {role: draw(st.sampled_from(("integer", "text", "uuid"))) for role in ("identity", "slots", "tags")}
    _identity(drawing, kinds["identity"])
    slots, tags = draw(st.sampled_from(((1, 1), (1, 0), (0, 1), (2, 1), (1, 2), (2, 2))))
    if not drawing.has("nothing but the identity"):
        for number in range(slots):
            _slots(drawing, number, kinds)
        for number in range(tags):
            _tags(drawing, number, kinds["tags"])
    add_children(drawing, kinds)
    add_hazards(drawing)
    return drawing.case


def _identity(drawing: Drawing, kind: str) -> None:
    tenants = drawing.has("names per tenant")
    name = Column("name", "TEXT", sa.Text(), pool=NAMES)
    if drawing.has("name without case"):
        if drawing.server:
            drawing.case.before.append("CREATE EXTENSION IF NOT EXISTS citext")
            name.type = "citext"
        else:
            name.constraint = "COLLATE NOCASE"
    columns = {"key": drawing.key(kind), "name": name}
    if drawing.pick((True, False)):
        columns["updated_at"] = drawing.time()
    columns["mail"] = Column("mail", "TEXT", drawing.pick((None, sa.Text())), pool=("a@x", "b@x", None))
    if drawing.has("created needs a value"):
        columns["slug"] = Column("slug", "TEXT", sa.Text(), "NOT NULL", ("s1", "s2", "s3", "s4"))
    if drawing.has("parent in the identity"):
        columns["parent"] = Column("parent_id", TYPES[drawing.dialect][kind], None)
    constants: dict[str, Any] = {"noun": "shop"}
    made = drawing.table("shops", columns, tenant=tenants)
    if drawing.has("created needs a value"):
        made.constraints.append(f"UNIQUE ({made.c('slug')})")
        constants["created"] = {made.columns["slug"].name: "made"}
    if tenants:
        made.constraints.append(f"UNIQUE ({made.c('tenant')}, {made.c('name')})")
    elif not drawing.has("names twice"):
        made.constraints.append(f"UNIQUE ({made.c('name')})")
    roles = {"key": "key", "name": "name"}
    if "updated_at" in columns:
        roles["updated_at"] = "updated_at"
    if drawing.has("name is the key") and drawing.pick((True, False)):
        roles["key"] = "name"
    drawing.case.parts.append(Part("identity", made, roles, constants))
    drawing.fill(made, kind, drawing.pick((4, 3, 2, 1, 5, 6, 0)))
    if "parent" in columns:
        keys = [row["key"] for row in made.rows]
        for row in made.rows[1:]:
            row["parent"] = drawing.pick((*keys, None))
        made.rows[:1] = [{**row, "parent": None} for row in made.rows[:1]]
        drawing.refers(made, "parent", made, "key")


def _slots(drawing: Drawing, number: int, kinds: dict[str, str]) -> None:
    identity = drawing.case.tables[0]
    owned_by = "name" if drawing.case.parts[0].roles["key"] == "name" else "key"
    kind = kinds["identity"] if owned_by == "key" else "text"
    columns = {
        "key": drawing.key(kinds["slots"]),
        "owner": Column("shop_id", TYPES[drawing.dialect][kind], DECLARED[kind]),
        "slot": Column("section", "TEXT", sa.Text(), pool=("a", "it's 100%", *((None,) * drawing.has("null slots")))),
        "more": Column("part", "TEXT", sa.Text(), pool=("x", "y")),
        "value": Column("value", "TEXT", sa.Text(), pool=VALUES),
        "status": Column("status", "TEXT", sa.Text(), pool=("active", "active", "old", None)),
        "updated_at": drawing.time(),
    }
    if drawing.sometimes("type without equality"):
        columns["value"] = Column(
            "value", *drawing.pick((("JSON", sa.JSON()), ("JSON", sa.Text()), ("POINT", sa.Text())))
        )
        columns["value"].pool = ('{"a":  1}', None) if columns["value"].type == "JSON" else ("(1,2)", None)
    if drawing.sometimes("second owner"):
        columns["second"] = Column("other_shop_id", TYPES[drawing.dialect][kind], drawing.pick((None, DECLARED[kind])))
    made = drawing.table(f"settings{number}", columns)
    slot: Any = drawing.pick((("slot",), ("slot", "more")))
    if drawing.pick((True, False)):
        where = ", ".join(made.c(role) for role in ("owner", *slot))
        conflict = drawing.pick(("ON CONFLICT REPLACE", "ON CONFLICT IGNORE")) if drawing.has("on conflict") else ""
        nulls = "NULLS NOT DISTINCT" if drawing.has("nulls not distinct") else ""
        made.constraints.append(f"UNIQUE {nulls} ({where}) {conflict}")
    if drawing.has("wrong slot"):
        slot = drawing.pick((("more",), ("value",), ("slot", "more", "value")))
    roles = {each: each for each in ("key", "owner", "value", "status", "updated_at")} | {"slot": slot}
    constants = {"noun": f"setting{number}"}
    if drawing.sometimes("wrong active"):
        constants["active"] = "live"
    if drawing.sometimes("one column twice"):
        roles |= drawing.pick(({"value": "status"}, {"slot": ("slot", "value")}, {"slot": ("owner",)}, {"key": "slot"}))
    if drawing.sometimes("unique on slots"):
        drawing.case.between.append(
            drawing.unique(made, drawing.pick((("owner", "value"), ("owner",), ("owner", "status"))))
        )
    if drawing.sometimes("partial unique"):
        one = drawing.unique(made, ("owner", "slot"))
        drawing.case.between.append(f"{one} WHERE {made.c('status')} = 'active'")
    if drawing.sometimes("exclusion"):
        exclusion = f"EXCLUDE USING btree ({made.c('owner')} WITH =, {made.c('more')} WITH =)"
        drawing.case.between.append(f"ALTER TABLE {made.sql} ADD {exclusion}")
    drawing.case.parts.append(Part("slots", made, roles, constants))
    # A key that nobody carries is an orphan: only where foreign keys let it in.
    keys = [row[owned_by] for row in identity.rows] or [drawing.number(kind, 1)]
    drawing.fill(made, kinds["slots"], drawing.pick((0, 2, 3, 4, 6)), owner=keys, second=[*keys, None])
    for owner in ("owner", "second"):
        if owner in made.columns and drawing.pick((True, True, False)):
            drawing.refers(made, owner, identity, owned_by)


def _tags(drawing: Drawing, number: int, kind: str) -> None:
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
    made = drawing.table(f"notes{number}", columns)
    roles: dict[str, Any] = {"key": "key", "tag": "tag"}
    if drawing.pick((True, False)):
        roles["updated_at"] = "updated_at"
    if drawing.pick((True, False)):
        roles |= {"status": "status", "agree": drawing.pick((("agree",), ("agree", "status")))}
    if drawing.sometimes("one column twice"):
        roles |= drawing.pick(({"status": "tag", "agree": ("agree",)}, {"status": "agree", "agree": ("agree",)}))
    if drawing.sometimes("unique on tags"):
        drawing.case.between.append(drawing.unique(made, drawing.pick((("tag", "agree"), ("tag",), ("agree", "tag")))))
    if drawing.sometimes("partial unique"):
        one = drawing.unique(made, ("tag", "agree"))
        drawing.case.between.append(f"{one} WHERE {made.c('status')} = 'active'")
    if drawing.sometimes("unique of an expression"):
        name = f"expression{len(drawing.case.between)}"
        drawing.case.between.append(
            f"CREATE UNIQUE INDEX {name} ON {made.sql} (lower({made.c('tag')}), {made.c('agree')})"
        )
    drawing.case.parts.append(Part("tags", made, roles, {"noun": f"note{number}"}))
    drawing.fill(made, kind, drawing.pick((0, 2, 3, 4, 6)))
