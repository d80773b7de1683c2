"""What hangs on the identity of a drawn case: rows that refer to it, slots, rows that refer to slots."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from drawn.case import Column, Table
from drawn.drawing import Drawing
from reading import Absorb, Differing, ForeignKey, Identity, Itself, OnFold, Part, References, Row, Slots
from strategies import STATUSES

__all__ = ["add_items", "add_references", "add_slots"]

SLOTS = ("a", "a", "it's 100%", None)
VALUES = ("x", "y", None, "it's :x")


def add_references(drawing: Drawing, number: int) -> None:
    """Adds a table whose rows refer to the identity, once or twice."""
    identity = _identity(drawing)
    name, own = drawing.named(f"orders{number}"), drawing.named("id")
    columns = {own: Column(drawing.pick(("integer", "text")))}
    told: dict[str, Any] = {"noun": f"order{number}", "key": (own,)}
    owners, kind = _owners(drawing, identity, columns, drawing.some("several owners"))
    told["owners"] = owners
    if len(owners) > 1:
        told["itself"] = _itself(drawing)
    elif drawing.some("on fold"):
        told["on_fold"] = drawing.pick((OnFold.DELETE, OnFold.SET_NULL) if len(identity.key) == 1 else (OnFold.DELETE,))
    elif identity.name is not None and drawing.some("names"):
        told["names"] = (drawing.named("said"),)
        columns[told["names"][0]] = Column("text")
    if drawing.some("where", 4):
        told["where"] = drawing.condition(name, columns)
    if drawing.pick((True, False)):
        told["updated_at"] = drawing.time(columns, "changed")
        told |= drawing.stamped()
    primary = told["key"]
    if told.get("on_fold") is not OnFold.SET_NULL and drawing.some("key holds owner", 4):
        day = drawing.named("day")
        columns[day] = Column("integer", "NOT NULL", pool=(1, 2, 3, 4))
        primary = told["key"] = (*owners[0], day)
    part = References(table=name, **told)
    rows = drawing.several(columns, drawing.pick((4, 3, 5, 2, 6, 1, 0)), own)
    _hang(drawing, rows, part.owners, identity, kind, nullable=primary == (own,))
    for row in rows:
        for column in part.names:
            row[column] = _said(drawing, identity, row, part.owners[0])
    _finish(drawing, part, Table(name, columns, primary, rows=rows), kind, identity)
    drawing.references.append(part)


def add_slots(drawing: Drawing, number: int) -> Slots:
    """Adds a table with at most one row per identity, or per two of them, and slot."""
    identity = _identity(drawing)
    name, own = drawing.named(f"state{number}"), drawing.named("id")
    columns = {own: Column(drawing.pick(("integer", "text")))}
    told: dict[str, Any] = {"noun": f"state{number}", "key": (own,)}
    owners, kind = _owners(drawing, identity, columns, drawing.some("several slot owners", 4))
    told["owners"] = owners
    if len(owners) > 1:
        told["itself"] = _itself(drawing)
    elif identity.name is not None and drawing.some("names in slots", 4):
        told["names"] = (drawing.named("said"),)
        columns[told["names"][0]] = Column("text")
    slot = (
        ()
        if drawing.some("slot of no columns", 4)
        else (drawing.named("slot"), drawing.named("part"))[: drawing.pick((1, 2))]
    )
    told["slot"] = slot
    holds_owner = bool(slot) and drawing.some("key holds owner", 3)
    for column in slot:
        columns[column] = Column(
            "text", *(("NOT NULL", SLOTS[:1] * 2 + SLOTS[2:3]) if holds_owner else ("", drawing.few(SLOTS, 2)))
        )
    if not drawing.some("no value"):
        told["value"] = drawing.named("value")
        columns[told["value"]] = Column("text", pool=VALUES)
    if not drawing.some("no status"):
        told["status"] = drawing.named("status")
        told["active"] = drawing.pick(("active", "it's live :x 100%"))
        pool = tuple(told["active"] if status == "active" else status for status in STATUSES)
        columns[told["status"]] = Column("text", pool=pool)
    if not drawing.some("no time"):
        told["updated_at"] = drawing.time(columns, "changed")
        told |= drawing.stamped()
    if "value" in told and drawing.some("differing"):
        told["differing"] = drawing.pick((Differing.CANONICAL, *((Differing.NEWEST,) * ("updated_at" in told))))
    if drawing.some("slots absorb", 4):
        amount = drawing.named("amount")
        columns[amount] = Column("integer")
        told["absorb"] = {amount: drawing.pick(list(Absorb))}
    if drawing.some("where", 5):
        told["where"] = drawing.condition(name, columns)
    if holds_owner:
        told["key"] = (*(column for owner in owners for column in owner), *slot)
        told["key"] = tuple(dict.fromkeys(told["key"]))
    part = Slots(table=name, **told)
    rows = drawing.several(columns, drawing.pick((5, 6, 7, 8, 9, 4, 3, 2, 1, 0)), own)
    _hang(drawing, rows, part.owners, identity, kind, nullable=not holds_owner)
    for row in rows:
        for column in part.names:
            row[column] = _said(drawing, identity, row, part.owners[0])
    if not drawing.refusable:
        _accept(part, rows)
    _finish(drawing, part, Table(name, columns, part.key, rows=rows), kind, identity)
    _make_one_active(part, drawing.tables[name], drawing.unique[name])
    drawing.slots.append(part)
    return part


def add_items(drawing: Drawing, slots: Slots) -> None:
    """Adds a table whose rows refer to those of a table of slots."""
    kinds = [drawing.tables[slots.table].columns[column].kind for column in slots.key]
    name, own = drawing.named("items"), drawing.named("id")
    owner = tuple(drawing.named(f"of{place}") for place in range(len(kinds)))
    columns = {own: Column("integer"), **{column: Column(kind) for column, kind in zip(owner, kinds, strict=True)}}
    told: dict[str, Any] = {"updated_at": drawing.time(columns, "changed")} if drawing.pick((True, False)) else {}
    identity = _identity(drawing)
    if identity.name is not None and len(slots.owners) == 1 and drawing.some("names behind slots", 2):
        told["names"] = (drawing.named("said"),)
        columns[told["names"][0]] = Column("text")
    part = References(table=name, noun="item", key=(own,), owners=(owner,), of=slots.noun, **told)
    rows = drawing.several(columns, drawing.pick((3, 4, 2, 1, 0)), own)
    there = drawing.tables[slots.table].rows
    for row in rows:
        of = drawing.pick((*there, *there, None))
        row |= dict.fromkeys(owner) if of is None else dict(zip(owner, slots.key_of(of), strict=True))
        for column in part.names:
            row[column] = _said(drawing, identity, of or row, slots.owners[0] if of else owner)
    # No fold changes both ends of a foreign key that PostgreSQL checks at once: it is refused.
    both = len(slots.key) > 1 and drawing.dialect == "postgresql"
    if drawing.pick((True, False)) and not both:
        drawing.foreign_keys.append(ForeignKey(name, owner, slots.table, slots.key))
    drawing.add(Table(name, columns, (own,), rows=rows))
    drawing.references.append(part)


def _identity(drawing: Drawing) -> Identity:
    assert drawing.identity is not None
    return drawing.identity


def _owners(
    drawing: Drawing, identity: Identity, columns: dict[str, Column], several: bool
) -> tuple[tuple[tuple[str, ...], ...], str]:
    """The columns of one owner or two, and what they hold: a key may be kept as text."""
    several = several and (len(identity.key) == 1 or "owners that share" in drawing.features)
    own = drawing.tables[identity.table].columns[identity.key[-1]]
    kind = "text" if own.kind == "text" or (len(identity.key) == 1 and drawing.some("text owners", 5)) else "integer"
    names = [drawing.named(name) for name in (("who", "whom") if several else ("project_id",))]
    columns |= {name: Column(kind) for name in names}
    shared = tuple(drawing.named("tenant of") for _ in identity.key[:-1])
    columns |= {name: Column("integer") for name in shared}
    return tuple((*shared, name) for name in names), kind


def _itself(drawing: Drawing) -> Itself:
    return drawing.pick((Itself.KEEP, Itself.DELETE, *((Itself.REFUSE,) * drawing.refusable)))


def _hang(
    drawing: Drawing,
    rows: list[Row],
    owners: tuple[tuple[str, ...], ...],
    identity: Identity,
    kind: str,
    *,
    nullable: bool,
) -> None:
    """Lets rows refer to those of the identity, to nobody, or to somebody who is not there; drops those that cannot."""
    there = [identity.key_of(row) for row in drawing.tables[identity.table].rows]
    if "owners of nobody" in drawing.features:
        there = [*there, *there, (*(there[0] if there else (1, 1))[: len(identity.key) - 1], 999)]
    kept = []
    for row in rows:
        taken: list[tuple[str, ...]] = []
        for owner in owners:
            shown = {key: tuple(map(str, key)) for key in there}
            keys = [key for key in there if "already itself" in drawing.features or shown[key] not in taken]
            held = drawing.pick(keys) if keys else None
            if held is None or (nullable and drawing.random.randrange(7) == 0):
                held = (*(there[0] if there else (1, 1))[: len(owner) - 1], None)
            if kind == "text" and held[-1] is not None:
                held = (*held[:-1], str(held[-1]))
            row |= dict(zip(owner, held, strict=True))
            taken.append(tuple(map(str, held)))
        if nullable or all(row[owner[-1]] is not None for owner in owners):
            kept.append(row)
    rows[:] = kept


def _finish(drawing: Drawing, part: Part, table: Table, kind: str, identity: Identity) -> None:
    """Adds the table with its constraints: a foreign key for each owner, what is unique."""
    held = drawing.tables[identity.table]
    there = {identity.key_of(row) for row in held.rows}
    same_kind = kind == held.columns[identity.key[-1]].kind
    if same_kind and part.where is None and drawing.pick((True, True, False)):
        for owner in part.owners:  # type: ignore[attr-defined]  # both kinds that come here have owners
            drawing.foreign_keys.append(ForeignKey(table.name, owner, identity.table, identity.key))
            table.rows[:] = [
                row for row in table.rows if None in (key := tuple(row[column] for column in owner)) or key in there
            ]
    unique = []
    if isinstance(part, Slots) and part.where is None and drawing.pick((True, False)):
        unique.append(tuple(dict.fromkeys((*(column for owner in part.owners for column in owner), *part.slot))))
    elif drawing.some("unique", 4):
        unique.append((*part.owners[0], drawing.pick([each for each in table.columns if each not in part.owners[0]])))  # type: ignore[attr-defined]  # the same
    drawing.add(table, *(columns for columns in unique if columns != table.primary))


def _said(drawing: Drawing, identity: Identity, row: Row, owner: tuple[str, ...]) -> Any:
    held = [str(row[column]) for column in owner]
    rows = drawing.tables[identity.table].rows
    named = [each[str(identity.name)] for each in rows if list(map(str, identity.key_of(each))) == held]
    others = [each[str(identity.name)] for each in rows]
    name = drawing.pick((*named * 4, *others, None, "other"))
    return None if name is None else str(name)


def _accept(part: Slots, rows: list[Row]) -> None:
    """Leaves no owner two rows in a slot, and no slot two live values."""
    seen = set[tuple[Any, ...]]()
    kept = []
    for row in rows:
        slot = tuple(row[column] for column in part.slot)
        place = (*(row[column] for owner in part.owners for column in owner), *slot)
        if place not in seen:
            seen.add(place)
            kept.append(row)
        if (
            part.value is not None
            and part.differing is Differing.REFUSE
            and (part.status is None or row[part.status] == part.active)
        ):
            row[part.value] = VALUES[len(repr(slot)) % len(VALUES)]
    rows[:] = kept


def _make_one_active(part: Slots, table: Table, unique: Iterable[tuple[str, ...]]) -> None:
    """A status that no row has cannot be the one that says which count; where it is unique no row gets another."""
    counted = [row for row in table.rows if part.counts(row)]
    if part.status is None or any(row[part.status] == part.active for row in counted):
        return
    if not counted or any(part.status in columns for columns in unique):
        table.rows.clear()
    else:
        counted[0][part.status] = part.active
