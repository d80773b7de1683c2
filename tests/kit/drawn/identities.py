"""The identity of a drawn case: its columns, how groups come about, what stays and what becomes of the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from drawn.case import Column, Table
from drawn.drawing import Drawing
from reading import (
    SURVIVOR,
    Absorb,
    Duplicates,
    Expression,
    ForeignKey,
    Identity,
    Itself,
    Match,
    Missing,
    key,
)
from strategies import UNREGISTERED

__all__ = ["add_identity"]

FOUND_NAMES = ("Bob", "bob", " BOB ", "bo", "it's :x 100%", "IT'S :X 100%", "\tbob\n", "🧪", None, "", " ")
BEYOND_ASCII = ("Größe", "GRÖSSE", "größe", "\u00a0größe ", "ΟΔΟΣ", "οδος", "οδοσ", "\u00a0")
SIGMAS = set("Σσς")
MAILS = ("a@x", "A@x", "A@X")
OTHER_MAILS = ("b%@:y", "B%@:Y", None, "", "  ")


@dataclass
class _Making:
    """What is known of the identity while it is drawn."""

    table: str
    kind: str
    columns: dict[str, Column]
    told: dict[str, Any]
    row_key: str


def add_identity(drawing: Drawing) -> None:
    """Adds the identity and its table, and the registry where there is one."""
    found = drawing.some("found", 2)
    kind = drawing.pick(("integer", "integer", "text"))
    own = drawing.named("id")
    making = _Making(drawing.named("projects"), kind, {own: Column(kind)}, {"noun": "project", "key": (own,)}, own)
    pairs = not found and drawing.some("pairs of ids", 5)
    if pairs:
        making.kind = "integer"
        making.columns[own] = Column("integer")
        making.told["name"] = own
    elif not (found and drawing.some("nameless", 4)):
        making.told["name"] = drawing.named("name")
        making.columns[making.told["name"]] = Column("text")
    if drawing.some("within"):
        making.told["within"] = (drawing.named("tenant"),)
        making.columns[making.told["within"][0]] = Column("integer", pool=drawing.few((1, 2, None), 2))
    if found:
        _find(drawing, making)
    else:
        _register(drawing, making, pairs=pairs)
    _extend(drawing, making)
    identity = Identity(table=making.table, **making.told)
    drawing.identity = identity
    _fill(drawing, making, identity, pairs=pairs)


def _find(drawing: Drawing, making: _Making) -> None:
    told = making.told
    told["duplicates"] = Duplicates.FOUND
    if "name" not in told or drawing.some("expressions", 2):
        mail, place = drawing.named("mail"), drawing.named("place")
        making.columns |= {
            mail: Column("text", pool=(*drawing.few(MAILS, 2), *drawing.few(OTHER_MAILS, 1))),
            place: Column("integer", pool=(1, 1, 1, 2, None)),
        }
        at = f"t[{making.table!r}].c"
        lower = Expression(f"sa.func.lower({at}[{mail!r}])", lambda row: row[mail] and row[mail].lower())
        where = Expression(f"{at}[{place!r}]", lambda row: row[place])
        told["match"] = drawing.pick(((lower,), (lower, where)))
    elif drawing.some("exact"):
        told["match"] = Match.EXACT
    _make_composite(drawing, making)


def _register(drawing: Drawing, making: _Making, *, pairs: bool) -> None:
    told = making.told
    if pairs:
        drawing.registry = {"1": ["2", "3"], "5": ["4"], "77": ["6", "7"]}
        return
    drawing.register()
    if drawing.some("exact"):
        told["match"] = Match.EXACT
    if drawing.some("promote", 2):
        told["missing"] = Missing.PROMOTE
        _make_composite(drawing, making)
        return
    if told.get("within"):
        # A key of text is made of the name: it would be the same in every tenant.
        making.kind = "integer"
        making.columns[making.row_key] = Column("integer")
    if drawing.some("created"):
        label = drawing.named("label")
        making.columns[label] = Column("text", "NOT NULL")
        told["created"] = {label: "it's made"}


def _make_composite(drawing: Drawing, making: _Making) -> None:
    if "within" in making.told and drawing.some("composite keys"):
        (tenant,) = making.told["within"]
        making.told["key"] = (tenant, *making.told["key"])
        making.columns[tenant] = Column("integer", "NOT NULL", pool=(1, 1, 1, 2))


def _extend(drawing: Drawing, making: _Making) -> None:
    told, columns = making.told, making.columns
    if drawing.some("where", 4):
        told["where"] = drawing.condition(making.table, columns)
        made = told.get("missing") is not Missing.PROMOTE and told.get("duplicates") is not Duplicates.FOUND
        if made and not drawing.refusable and told.get("name") not in told["key"]:
            (column,) = list(columns)[-1:]
            told["created"] = {**told.get("created", {}), column: columns[column].pool[0]}
    if drawing.some("survivor", 2):
        age = drawing.named("age")
        columns[age] = Column("integer")
        at = f"t[{making.table!r}].c[{age!r}]"
        oldest = Expression(at, lambda row: row[age])
        newest = Expression(f"{at}.desc()", lambda row: None if row[age] is None else -row[age])
        told["survivor"] = (drawing.pick((oldest, newest)),)
    if drawing.some("absorb"):
        held, note = drawing.named("held"), drawing.named("note")
        columns |= {held: Column("integer"), note: Column("text")}
        told["absorb"] = {held: drawing.pick(list(Absorb))}
        if drawing.pick((True, False)):
            told["absorb"][note] = Absorb.COALESCE
    if drawing.some("retire", 4):
        state, into = drawing.named("state"), drawing.named("into")
        columns |= {state: Column("text", pool=("live", "live", "merged", None)), into: Column(making.kind)}
        merged = drawing.pick(("merged", "it's merged :x 100%"))
        told["retire"] = {state: merged}
        if not (drawing.refusable and drawing.pick((True, False))):
            read = f"t[{making.table!r}].c[{state!r}].is_distinct_from({merged!r})"
            told["where"] = Expression(read, lambda row: row[state] != merged)
        if len(told["key"]) == 1:
            told["retire"][into] = SURVIVOR
    if drawing.some("own owners") and (len(told["key"]) == 1 or "owners that share" in drawing.features):
        parents = [drawing.named("parent"), drawing.named("replaces")][: 2 if drawing.some("several own owners") else 1]
        columns |= {parent: Column(making.kind) for parent in parents}
        told["owners"] = tuple((*told["key"][:-1], parent) for parent in parents)
        told["itself"] = drawing.pick((Itself.KEEP, Itself.SET_NULL, *((Itself.REFUSE,) * drawing.refusable)))
        if len(told["key"]) > 1 and told["itself"] is Itself.SET_NULL:
            told["itself"] = Itself.KEEP
    if drawing.pick((True, False)):
        told["updated_at"] = drawing.time(columns, "changed")
        told |= drawing.stamped()
    if drawing.pick((True, False, False)):
        told["created_at"] = drawing.time(columns, "since")
    if drawing.pick((True, False)):
        columns[drawing.named("more")] = Column("text")


def _fill(drawing: Drawing, making: _Making, identity: Identity, *, pairs: bool) -> None:
    table = Table(
        making.table, making.columns, identity.key, numbered=making.kind == "integer" and len(identity.key) == 1
    )
    number = drawing.pick((3, 4, 4, 5, 5, 6, 6, 7, 8, 2, 1, 0))
    keys = [1, 2, 3, 4, 5, 6, 7, 8][:number] if pairs else drawing.keys(making.kind, number)
    composite = len(identity.key) > 1
    if pairs and not drawing.refusable:
        there = {canonical: aliases for canonical, aliases in drawing.registry.items() if int(canonical) <= number}
        drawing.registry = there or {"1": ["2"]}
    names = _names(drawing, identity)
    for own in keys:
        row = {column: drawing.value(known) for column, known in making.columns.items()}
        row[making.row_key] = own
        if identity.name is not None and not pairs:
            row[identity.name] = drawing.pick(names)
        table.rows.append(row)
    for owner in identity.owners:
        for row in table.rows:
            others = [
                each[making.row_key] for each in table.rows if each is not row or "already itself" in drawing.features
            ]
            row[owner[-1]] = drawing.pick((None, None, *others))
        # A row that does not count is left alone, and one that goes may not be let go.
        stays = identity.where is None or identity.retire is not None or drawing.refusable
        if drawing.pick((True, False)) and stays and not composite:
            drawing.foreign_keys.append(ForeignKey(table.name, owner, table.name, identity.key))
    if not drawing.refusable and not identity.survivor and not pairs and identity.duplicates is Duplicates.REGISTERED:
        _leave_one_canonical(drawing, identity, table)
    if not pairs and identity.duplicates is Duplicates.REGISTERED and "names twice" not in drawing.features:
        _leave_one_of_each_name(identity, table)
    unique = []
    by_name = identity.duplicates is Duplicates.FOUND and not isinstance(identity.match, tuple)
    if identity.name is not None and not pairs and not by_name and drawing.pick((True, False)):
        unique.append((*identity.within, identity.name))
    drawing.add(table, *unique)
    _forget_parents_that_went(identity, table, making.row_key)


def _names(drawing: Drawing, identity: Identity) -> list[str | None]:
    """What rows may be called: few names, so that some of them are one."""
    if identity.duplicates is Duplicates.FOUND:
        beyond = drawing.some("found beyond ascii", 2)
        pool = [name for name in BEYOND_ASCII if "sigma" in drawing.features or not SIGMAS & set(name)]
        return [*drawing.few(pool if beyond else FOUND_NAMES, 4), *drawing.few(FOUND_NAMES, 1)]
    registered = [name for canonical, aliases in drawing.registry.items() for name in (canonical, *aliases)]
    return [*map(drawing.spelt, registered * 3), *drawing.few((*UNREGISTERED, None, ""), 2)]


def _leave_one_of_each_name(identity: Identity, table: Table) -> None:
    """The canonical's own name stands once: where two rows carry it, one is spelt otherwise."""
    seen = set()
    kept = []
    for row in table.rows:
        held = (row[str(identity.name)], *(row[column] for column in identity.within))
        if held not in seen:
            seen.add(held)
            kept.append(row)
    table.rows[:] = kept


def _leave_one_canonical(drawing: Drawing, identity: Identity, table: Table) -> None:
    exact = identity.match is Match.EXACT
    canonicals = {name if exact else key(name) for name in drawing.registry}
    seen = set()
    kept = []
    for row in table.rows:
        name = row[str(identity.name)]
        matched = None if name is None else name if exact else key(name)
        place = (matched, *(row[column] for column in identity.within))
        if matched not in canonicals or place not in seen:
            seen.add(place)
            kept.append(row)
    table.rows[:] = kept


def _forget_parents_that_went(identity: Identity, table: Table, own: str) -> None:
    known = {row[own] for row in table.rows}
    for owner in identity.owners:
        for row in table.rows:
            if row[owner[-1]] not in known:
                row[owner[-1]] = None
