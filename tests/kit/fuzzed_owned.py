"""What hangs on the identity of a case and is folded with it: slots, rows that refer to it, tables of links."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from alembic_rekey.spec import Absorb, Differing, Itself, OnFold
from fuzzed_drawing import Drawing
from fuzzed_parts import Part
from fuzzed_pools import DECLARED, TYPES, VALUES
from fuzzed_tables import Column, Table

__all__ = ["add_items", "add_links", "add_references", "add_slots"]

STATUSES = ("active", "active", "old", None)


def add_slots(drawing: Drawing, number: int, kind: str) -> None:
    """Draws a table with at most one row per owner and slot."""
    owner = _owner(drawing)
    columns = {
        "key": drawing.key(kind),
        **_shared(drawing),
        "owner": owner,
        "slot": Column("section", "TEXT", sa.Text(), pool=("a", "it's 100%", *((None,) * drawing.has("null slots")))),
        "more": Column("part", "TEXT", sa.Text(), pool=("x", "y")),
        "value": Column("value", "TEXT", sa.Text(), pool=VALUES),
        "status": Column("status", "TEXT", sa.Text(), pool=STATUSES),
        "updated_at": drawing.time(),
    }
    if drawing.sometimes("type without equality"):
        columns["value"] = Column(
            "value", *drawing.pick((("JSON", sa.JSON()), ("JSON", sa.Text()), ("POINT", sa.Text())))
        )
        columns["value"].pool = ('{"a":  1}', None) if columns["value"].type == "JSON" else ("(1,2)", None)
    if drawing.sometimes("second owner"):
        columns["second"] = Column("other_shop_id", owner.type, drawing.pick((None, owner.declared)))
    made = drawing.table(f"settings{number}", columns)
    slot: Any = drawing.pick((("slot",), ("slot", "more"), ("slot", "more"), ()))
    if drawing.pick((True, True, False)):
        conflict = drawing.pick(("ON CONFLICT REPLACE", "ON CONFLICT IGNORE")) if drawing.has("on conflict") else ""
        nulls = "NULLS NOT DISTINCT" if drawing.has("nulls not distinct") else ""
        made.constraints.append(f"UNIQUE {nulls} ({made.cs(*_flat(drawing, 'owner'), *slot)}) {conflict}")
    if drawing.has("wrong slot"):
        slot = drawing.pick((("more",), ("value",), ("slot", "more", "value")))
    told = ("key", *(each for each in ("value", "status", "updated_at") if drawing.random.randrange(5)))
    roles: dict[str, Any] = {each: each for each in told} | {"owners": _owners(drawing, "owner"), "slot": slot}
    constants: dict[str, Any] = {"noun": f"setting{number}"}
    if drawing.sometimes("wrong active"):
        constants["active"] = "live"
    if drawing.sometimes("one column twice"):
        roles |= drawing.pick(({"value": "status"}, {"slot": ("slot", "value")}, {"slot": ("owner",)}, {"key": "slot"}))
    if drawing.sometimes("differing"):
        constants["differing"] = drawing.pick((Differing.CANONICAL, *((Differing.NEWEST,) * ("updated_at" in told))))
    if drawing.sometimes("unique on slots"):
        comparable = (("owner", "value"),) * (columns["value"].type == "TEXT")
        drawing.case.between.append(drawing.unique(made, drawing.pick((*comparable, ("owner",), ("owner", "status")))))
    if drawing.sometimes("partial unique"):
        one = drawing.unique(made, ("owner", "slot"))
        drawing.case.between.append(f"{one} WHERE {made.c('status')} = 'active'")
    if drawing.sometimes("exclusion"):
        exclusion = f"EXCLUDE USING btree ({made.c('owner')} WITH =, {made.c('more')} WITH =)"
        drawing.case.between.append(f"ALTER TABLE {made.sql} ADD {exclusion}")
    drawing.case.parts.append(Part("slots", made, roles, constants))
    keys = _keys(drawing)
    drawing.fill(made, kind, drawing.pick((0, 2, 3, 4, 6)), owner=keys, second=[*keys, None])
    _settle(drawing, made)
    _hang(drawing, made, "owner", "second")


def add_references(drawing: Drawing, number: int, kind: str) -> None:
    """Draws a table whose rows refer to the identity, any number of them, once or twice."""
    owner = _owner(drawing)
    columns = {
        "key": drawing.key(kind),
        **_shared(drawing),
        "owner": owner,
        "body": Column("body", "TEXT", drawing.pick((None, sa.Text())), pool=("a", "it's 100%", None)),
    }
    if drawing.pick((True, False)):
        columns["updated_at"] = drawing.time()
    roles: dict[str, Any] = {each: each for each in ("key", "updated_at") if each in columns}
    roles["owners"] = _owners(drawing, "owner")
    constants: dict[str, Any] = {"noun": f"order{number}"}
    how = drawing.pick(("plain", "plain", "two owners", "two owners", "a second one", "said", "on fold"))
    if how in ("two owners", "a second one"):
        columns["second"] = Column("for_shop_id", owner.type, owner.declared)
    if how == "two owners":
        roles["owners"] = _owners(drawing, "owner", "second")
        constants["itself"] = drawing.pick((Itself.KEEP, Itself.DELETE, Itself.REFUSE))
    elif how == "said":
        columns["said"] = Column("shop_name", "TEXT", sa.Text(), pool=("polisher", "p06", None))
        if "name" in drawing.case.parts[0].roles:
            roles["names"] = ("said",)
    elif how == "on fold":
        constants["on_fold"] = drawing.pick((OnFold.DELETE, OnFold.SET_NULL))
    made = drawing.table(f"orders{number}", columns)
    if drawing.sometimes("unique on references"):
        one = drawing.unique(made, drawing.pick((("owner", "body"), ("owner",), ("body", "owner"))))
        drawing.case.between.append(one + drawing.pick(("", f" WHERE {made.c('body')} = 'a'")))
    part = Part("references", made, roles, constants)
    drawing.case.parts.append(part)
    keys = [*_keys(drawing), None]
    drawing.fill(made, kind, drawing.pick((4, 3, 2, 6, 0)), owner=keys, second=keys)
    _settle(drawing, made)
    _hang(drawing, made, "owner", "second")
    if drawing.has("survivor") and how == "plain" and drawing.pick((True, False)):
        drawing.case.parts[0].most = (made, "owner")


def add_links(drawing: Drawing, number: int, kind: str) -> Part:
    """Draws a table whose key is two foreign keys, one of them or both to the identity."""
    owner, itself = _owner(drawing), drawing.pick((True, False, False))
    other = Column("genre_id", TYPES[drawing.dialect][kind], DECLARED[kind])
    columns = {
        **_shared(drawing),
        "owner": owner,
        "key": Column("other_shop_id", owner.type, owner.declared) if itself else other,
        "body": Column("body", "TEXT", sa.Text(), pool=("a", "b")),
    }
    if drawing.pick((True, False)):
        columns |= {"status": Column("state", "TEXT", sa.Text(), pool=STATUSES), "updated_at": drawing.time()}
    keys, its = _keys(drawing), _keys(drawing)
    if not itself:
        genres = Table(drawing.named(f"genres{number}"), {"key": Column("id", other.type, other.declared)})
        genres.columns["body"] = Column("body", "TEXT", pool=("x",))
        genres.constraints.append(f"PRIMARY KEY ({genres.c('key')})")
        genres.rows = [{"key": drawing.number(kind, place), "body": "x"} for place in range(3)]
        drawing.case.tables.append(genres)
        its = [row["key"] for row in genres.rows]
    primary = (*_shared(drawing), *drawing.pick((("owner", "key"), ("key", "owner"))))
    made = drawing.table(f"links{number}", columns, primary=primary)
    roles: dict[str, Any] = {"key": primary, "owners": _owners(drawing, "owner", *(("key",) if itself else ()))}
    constants: dict[str, Any] = {"noun": f"link{number}"}
    if itself:
        constants["itself"] = drawing.pick((Itself.KEEP, Itself.DELETE, Itself.DELETE, Itself.REFUSE))
    kind_of_part = drawing.pick(("slots", "slots", "slots", "references"))
    if kind_of_part == "slots":
        roles["slot"] = () if itself else ("key",)
        roles |= {"value": "body"} if drawing.pick((True, False)) else {}
        roles |= {"status": "status"} if "status" in columns and drawing.pick((True, False)) else {}
        if drawing.has("absorb") and "value" not in roles:
            constants["absorb"] = {made.columns["body"].name: Absorb.COALESCE}
    roles |= {"updated_at": "updated_at"} if "updated_at" in columns else {}
    if drawing.sometimes("differing") and "value" in roles:
        constants["differing"] = Differing.CANONICAL
    part = Part(kind_of_part, made, roles, constants)
    drawing.case.parts.append(part)
    if drawing.has("unique on links"):
        drawing.case.between.append(drawing.unique(made, drawing.pick((("owner", "body"), ("key",), ("owner",)))))
    drawing.fill(made, kind, drawing.pick((4, 5, 6, 8, 2, 0)), owner=keys, key=its)
    _settle(drawing, made)
    _hang(drawing, made, "owner", *(("key",) if itself else ()))
    if not itself:
        drawing.refers(made, "key", genres, "key", action="")
    return part


def add_items(drawing: Drawing, of: Part) -> None:
    """Draws a table whose rows refer to those of slots or links by their whole key; the spec may know of it."""
    roles = of.roles["key"] if isinstance(of.roles["key"], tuple) else (of.roles["key"],)
    theirs = [of.table.columns[role] for role in roles]
    owners = ("first", "second", "third")[: len(roles)]
    columns = {"key": drawing.key("integer"), "body": Column("body", "TEXT", pool=("x", "it's"))}
    columns |= {
        role: Column(f"of_{role}", column.type.split()[0], column.declared)
        for role, column in zip(owners, theirs, strict=True)
    }
    made = drawing.table(f"items_of_{of.constants['noun']}", columns)
    there = [tuple(row[role] for role in roles) for row in of.table.rows]
    drawing.fill(made, "integer", drawing.pick((2, 3, 4)))
    for row in made.rows:
        row |= dict(zip(owners, drawing.pick((*there, (None,) * len(roles))), strict=True))
    actions = ("", "ON DELETE CASCADE", "ON UPDATE CASCADE", "ON UPDATE CASCADE ON DELETE CASCADE")
    if drawing.pick((True, True, False)):
        drawing.refers(made, owners, of.table, roles, action=drawing.pick(actions))
    if of.kind == "slots" and drawing.pick((True, True, False)):
        told = {"key": "key", "owners": (owners,) if len(owners) > 1 else owners}
        drawing.case.parts.append(Part("references", made, told, {"noun": "item", "of": of.constants["noun"]}))


def _owner(drawing: Drawing) -> Column:
    """A column that holds a key of the identity."""
    identity = drawing.case.parts[0]
    theirs = identity.table.columns[_own(identity)]
    return Column("shop_id", "TEXT" if theirs.type == "citext" else theirs.type.split()[0], theirs.declared)


def _keys(drawing: Drawing) -> list[Any]:
    """What owners are drawn from; a key that nobody carries is an orphan: only where foreign keys let it in."""
    identity = drawing.case.parts[0]
    return [row[_own(identity)] for row in identity.table.rows] or [1]


def _own(identity: Part) -> str:
    """The column of its key that tells rows apart."""
    key = identity.roles["key"]
    return key[-1] if isinstance(key, tuple) else key


def _shared(drawing: Drawing) -> dict[str, Column]:
    """The tenant that an owner's key has beside, where it has one."""
    several = isinstance(drawing.case.parts[0].roles["key"], tuple)
    return {"tenant_of": Column("tenant_of", "INTEGER", sa.Integer())} if several else {}


def _owners(drawing: Drawing, *roles: str) -> tuple[Any, ...]:
    """The owners as a spec has them."""
    shared = tuple(_shared(drawing))
    return tuple((*shared, role) for role in roles) if shared else roles


def _flat(drawing: Drawing, role: str) -> tuple[str, ...]:
    return (*_shared(drawing), role)


def _settle(drawing: Drawing, made: Table) -> None:
    """Gives each row the tenant of its owner."""
    if "tenant_of" in made.columns:
        tenants = {row["key"]: row["tenant"] for row in drawing.case.tables[0].rows}
        for row in made.rows:
            row["tenant_of"] = tenants.get(row["owner"])


def _hang(drawing: Drawing, made: Table, *owners: str) -> None:
    identity = drawing.case.parts[0]
    for owner in owners:
        if owner in made.columns and drawing.pick((True, True, False)):
            drawing.refers(made, _flat(drawing, owner), identity.table, identity.roles["key"])
