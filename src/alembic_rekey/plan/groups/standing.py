"""Where rows of a plan stand: in which slot, by the keys that their owners come to have, and what these are called."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, FromClause, String, Text, case, cast, func, literal, select

from alembic_rekey.plan.groups.members import Led, Planned, after, members, refers
from alembic_rekey.plan.judged import alike, held, key_text, keys_of, numbered
from alembic_rekey.spec import Slots, Spec
from alembic_rekey.spec.part import Owner

__all__ = ["Standing", "canonical_of", "first_of", "slot_text", "standing", "whose_slots"]


@dataclass(frozen=True)
class Standing:
    """The plan of slots joined with the members that its owners refer to."""

    source: FromClause
    leads: Sequence[Sequence[ColumnElement[Any]]]
    """Per owner its columns as they will be, as texts."""
    called: Sequence[ColumnElement[Any]]
    """Per owner the canonical, NULL where it is of no group."""
    canonical: ColumnElement[Any]
    """Of the first owner that is of a group, which is the same in every row of a slot."""
    under: ColumnElement[Any]
    """What the owner is called: of several the first that is a shadow, else the first that is of a group at all."""
    told: bool
    """Whether the canonical tells the owners."""

    @property
    def whose(self) -> list[ColumnElement[Any]]:
        """What rows of one slot agree in beside its columns, and no other rows do."""
        return [self.canonical, *(() if self.told else (column for owner in self.leads for column in owner))]


def standing(slots: Slots, spec: Spec, planned: Planned) -> Standing:
    """Return where the rows of the plan of `slots` stand."""
    rows, parent = planned[slots], spec.parent(slots)
    joined: FromClause = rows
    known, leads = list[FromClause](), list[list[ColumnElement[Any]]]()
    for number, owner in enumerate(slots.owning):
        member = members(parent, planned[parent], f"rekey_member_{number}" if number else "rekey_member")
        columns = [held(rows, column) for column in owner]
        joined = joined.outerjoin(member, refers(parent, owner, columns, alike(member, "key")))
        known.append(member)
        leads.append([cast(lead, Text) for lead in after(owner, parent, columns, member)])
    called: list[ColumnElement[Any]] = [member.c.canonical for member in known]
    canonical: ColumnElement[Any] = rows.c.rekey_canonical
    return Standing(
        source=joined,
        leads=leads,
        called=called,
        # Where keys do not tell rows apart, which refuses the plan, a row may be of no group.
        canonical=func.coalesce(*called, canonical) if len(called) > 1 else canonical,
        under=first_of(known, [_called(spec, member) for member in known]),
        told=spec.told_by_canonical(slots),
    )


def _called(spec: Spec, member: FromClause) -> ColumnElement[Any]:
    key = cast(key_text(alike(member, "key")), Text)
    if "name" not in member.c:
        return key
    # What the registry names has a name.
    name: ColumnElement[Any] = member.c.name
    return func.coalesce(cast(name, Text), key) if spec.identity.found else name


def whose_slots(slots: Slots, spec: Spec, planned: Planned) -> FromClause | None:
    """Return per row of the plan whose slot it is in, where the canonical alone does not tell: else None.

    `rekey_key_0` and so on: the row's key; `rekey_whose_0` and so on: what rows of one slot agree in beside its own.
    """
    stands = standing(slots, spec, planned)
    if stands.told:
        return None
    columns = [*numbered("rekey_key", keys_of(slots, planned[slots])), *numbered("rekey_whose", stands.whose)]
    return select(*columns).select_from(stands.source).subquery("rekey_stands")


def canonical_of(led: Led) -> ColumnElement[Any]:
    """Return the canonical of the slot in which a row comes to stand: the same as `Standing.canonical`."""
    if len(led.members) == 1:
        return led.canonical
    return func.coalesce(*(member.c.canonical for member in led.members))


def first_of(known: Sequence[FromClause], said: Sequence[ColumnElement[Any]]) -> ColumnElement[Any]:
    """Return what is `said` of the first member that is a shadow, else of the first at all."""
    if len(known) == 1:
        return said[0]
    shadows = (case((member.c.place > 1, text)) for member, text in zip(known, said, strict=True))
    return func.coalesce(*shadows, *said)


def slot_text(slots: Slots, relation: FromClause, stands: Standing | None = None) -> ColumnElement[str]:
    """Return how a finding names a slot: by its columns, behind the owners where no canonical tells them."""
    shown: list[tuple[str, ColumnElement[Any]]] = []
    for owner, leads, called in _owners(slots, stands):
        key = func.coalesce(cast(key_text(leads), Text), "NULL")
        named = func.coalesce(called + literal(" (") + key + literal(")"), key)
        shown.append((", ".join(str(known.name) for known in owner), named))
    for known in slots.slot:
        shown.append((str(known.name), func.coalesce(cast(relation.c[known.name], String), "NULL")))
    if not shown:
        return literal("its one row").label("slot")
    said = [literal(f"{', ' if place else ''}{name}=") + value for place, (name, value) in enumerate(shown)]
    text: ColumnElement[str] = said[0]
    for more in said[1:]:
        text = text + more
    return text.label("slot")


def _owners(
    slots: Slots, stands: Standing | None
) -> Iterable[tuple[Owner, Sequence[ColumnElement[Any]], ColumnElement[Any]]]:
    if stands is None or stands.told:
        return ()
    return zip(slots.owning, stands.leads, stands.called, strict=True)
