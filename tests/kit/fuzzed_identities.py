"""The identity of a case: registered or found, what stays of a group, what becomes of the others."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from alembic_rekey.spec import SURVIVOR, Absorb, Duplicates, Itself, Match, Missing
from fuzzed_drawing import Drawing
from fuzzed_parts import GONE, Part
from fuzzed_pools import DECLARED, NAMES, TYPES
from fuzzed_tables import Column

__all__ = ["add_identity"]

MAILS = ("a@x", "A@X", "a@x", "b@x", None)


def add_identity(drawing: Drawing, kind: str) -> None:
    """Draws the identity with its table and rows."""
    columns = _columns(drawing, kind)
    tenants = drawing.has("names per tenant") or drawing.has("within")
    several = "tenant" in columns
    made = drawing.table("shops", columns, tenant=tenants, primary=("tenant", "key") if several else ())
    part = Part("identity", made, {"key": ("tenant", "key") if several else "key", "name": "name"}, {"noun": "shop"})
    if "updated_at" in columns:
        part.roles["updated_at"] = "updated_at"
    if drawing.has("created needs a value"):
        made.constraints.append(f"UNIQUE ({made.c('slug')})")
        if not drawing.has("found"):
            part.constants["created"] = {made.columns["slug"].name: "made"}
    if drawing.has("name is the key") and not several and drawing.pick((True, False)):
        part.roles["key"] = "name"
    if drawing.has("within"):
        part.roles["within"] = ("tenant",)
    if drawing.has("found"):
        _find(drawing, part)
    elif drawing.has("promote") or (drawing.has("within") and kind != "integer") or several:
        # A key that is made of the name would be the same in every tenant; one of several columns is made of nothing.
        part.constants["missing"] = Missing.PROMOTE
    _choose(drawing, part)
    _say_what_is_once(drawing, part, tenants=tenants)
    drawing.case.parts.append(part)
    names = drawing.random.sample(NAMES, 2 if drawing.has("within") else 3) if part.found else NAMES
    drawing.fill(made, kind, drawing.pick((4, 5, 6, 6, 3, 2, 7 * part.found, part.found)), name=names)
    if "parent" in columns:
        _let_refer_to_itself(drawing, part)


def _columns(drawing: Drawing, kind: str) -> dict[str, Column]:
    name = Column("name", "TEXT", sa.Text(), pool=NAMES)
    if drawing.has("name without case"):
        if drawing.server:
            drawing.case.before.append("CREATE EXTENSION IF NOT EXISTS citext")
            name.type = "citext"
        else:
            name.constraint = "COLLATE NOCASE"
    columns = {"key": drawing.key(kind), "name": name}
    if drawing.has("within") and drawing.has("composite keys"):
        columns["tenant"] = Column("tenant_id", "INTEGER", sa.Integer(), "NOT NULL", (1, 1, 2))
    if drawing.pick((True, False)):
        columns["updated_at"] = drawing.time()
    known = any(map(drawing.has, ("found", "survivor", "absorb", "retire")))
    columns["mail"] = Column("mail", "TEXT", sa.Text() if known else drawing.pick((None, sa.Text())), pool=MAILS)
    if drawing.has("absorb"):
        columns["amount"] = Column("amount", "INTEGER", sa.Integer(), pool=(1, 2, None))
    if drawing.has("created needs a value"):
        columns["slug"] = Column("slug", "TEXT", sa.Text(), "NOT NULL", ("s1", "s2", "s3", "s4"))
    type_ = TYPES[drawing.dialect][kind]
    if drawing.has("parent in the identity") or drawing.has("own owners"):
        columns["parent"] = Column("parent_id", type_, DECLARED[kind] if drawing.has("own owners") else None)
    if drawing.has("retire"):
        columns["into"] = Column("into_id", type_, DECLARED[kind])
    return columns


def _find(drawing: Drawing, part: Part) -> None:
    part.constants["duplicates"] = Duplicates.FOUND
    how = drawing.pick(("folded", "exact", "lower(name)", "lower(mail)", "lower(mail)", "lower(mail), name"))
    if how == "exact":
        part.constants["match"] = Match.EXACT
    elif how != "folded":
        part.expressions["match"] = how
    if how == "lower(mail)" and drawing.pick((True, False)):
        del part.roles["name"]


def _choose(drawing: Drawing, part: Part) -> None:
    """What stays, what it takes from the others, and what becomes of them."""
    columns = part.table.columns
    if drawing.has("survivor"):
        part.expressions["survivor"] = drawing.pick(("mail", "newest") if "updated_at" in columns else ("mail",))
    if drawing.has("absorb"):
        mail, amount = columns["mail"].name, columns["amount"].name
        how = drawing.pick((Absorb.COALESCE, Absorb.MIN, Absorb.MAX))
        part.constants["absorb"] = drawing.pick(
            ({mail: how}, {amount: Absorb.SUM}, {mail: Absorb.COALESCE, amount: drawing.pick(list(Absorb))})
        )
    if drawing.has("retire"):
        retire: dict[str, Any] = {columns["mail"].name: GONE}
        if drawing.pick((True, False)):
            retire[columns["into"].name] = SURVIVOR
        part.constants["retire"] = retire
        if drawing.pick((True, True, True, False)):
            part.expressions["where"] = "mail is not gone"
    if drawing.has("own owners"):
        several = isinstance(part.roles["key"], tuple)
        part.roles["owners"] = (("tenant", "parent") if several else "parent",)
        part.constants["itself"] = drawing.pick(
            (Itself.KEEP, Itself.KEEP if several else Itself.SET_NULL, Itself.REFUSE)
        )


def _say_what_is_once(drawing: Drawing, part: Part, *, tenants: bool) -> None:
    made = part.table
    if tenants and not part.found:
        made.constraints.append(f"UNIQUE ({made.cs('tenant', 'name')})")
    elif not drawing.has("names twice") and (not part.found or drawing.random.randrange(5) == 0):
        made.constraints.append(f"UNIQUE ({made.c('name')})")
    if drawing.has("unique mail") and not drawing.has("child of a partition"):
        drawing.case.between.append(drawing.unique(made, drawing.pick((("mail",), ("mail", "name")))))


def _let_refer_to_itself(drawing: Drawing, part: Part) -> None:
    made = part.table
    keys = [row["key"] for row in made.rows]
    for row in made.rows[1:]:
        row["parent"] = drawing.pick((*keys, None))
    made.rows[:1] = [{**row, "parent": None} for row in made.rows[:1]]
    several = isinstance(part.roles["key"], tuple)
    drawing.refers(made, ("tenant", "parent") if several else "parent", made, ("tenant", "key") if several else "key")
