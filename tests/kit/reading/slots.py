"""What happens to rows of which there is one per owners and slot (design, section 4, Slots)."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Any

from reading.declaration import Differing, Itself, Row, Slots
from reading.outcome import Decision, Outcome
from reading.owners import Lead, Leads, Spellings, become_one, followed, moved, stamped
from reading.values import absorbed, moment

__all__ = ["fold_slots"]

Key = tuple[Any, ...]


@dataclass(frozen=True)
class _Held:
    """A row of a slot: as it is, what its owners lead to, and whether they lead anywhere else."""

    row: Row
    led: Row
    canonical: str | None

    @property
    def is_shadow(self) -> bool:
        return bool(self.led)


def fold_slots(part: Slots, leads: Leads, spellings: Spellings, rows: list[Row], outcome: Outcome) -> dict[Key, Lead]:
    """Decides about every row; returns where the keys of the rows that are gone, or have another key now, lead."""
    slots: dict[Key, list[_Held]] = defaultdict(list)
    themselves: dict[Key, Key] = {}
    after = outcome.rows[part.table]
    for row in rows:
        if not part.counts(row):
            after.append(row)
            continue
        led, canonical = moved(row, part.owners, leads)
        if canonical is not None and become_one(row, {**row, **led}, part.owners) and part.itself is not Itself.KEEP:
            if part.itself is Itself.REFUSE:
                outcome.refusals["itself"].add((part.noun, part.key_of(row)))
            outcome.actions[part.noun][part.key_of(row)] = Decision("delete", canonical)
            themselves[part.key_of(row)] = _slot({**row, **led}, part)
            continue
        slots[_slot({**row, **led}, part)].append(_Held(row, led, canonical))
    found: dict[Key, Lead] = {}
    for slot, held in slots.items():
        found |= _fold_slot(part, slot, held, spellings, outcome)
    # What hung on a row that went for being of one thing twice has nothing to hang on.
    outcome.lost[part.noun] |= {*themselves}
    return found


def _fold_slot(part: Slots, slot: Key, held: list[_Held], spellings: Spellings, outcome: Outcome) -> dict[Key, Lead]:
    canonical = next((each.canonical for each in held if each.canonical is not None), None)
    if canonical is None:
        following = [each for each in held if followed(part, each.row, spellings)[0]]
        if len(following) > 1:
            outcome.refusals["crowded"].add((part.noun, slot))
        for each in held:
            _stays(part, each, [], spellings, outcome)
        return {}
    owners = Counter(_slot(each.row, part) for each in held)
    crowded = {owner for owner, number in owners.items() if number > 1}
    outcome.refusals["crowded"] |= {(part.noun, owner) for owner in crowded}
    active = [each for each in held if _is_active(part, each)]
    differ = len({_value(part, each) for each in active}) > 1
    if differ and part.differing is Differing.REFUSE:
        outcome.refusals["collision"].add((part.noun, slot))
    if crowded or (differ and part.differing is Differing.REFUSE):
        return {}
    ranked = sorted(held, key=lambda each: _rank(part, each))
    first = ranked[0]
    if differ and part.differing is Differing.NEWEST:
        first = min(active, key=lambda each: (-moment(each.row, part.updated_at), _rank(part, each)))
    # A row of the canonical's own that says what the survivor says stays in its place.
    saying = [each for each in held if not each.is_shadow and _value(part, each) == _value(part, first)]
    stays = saying[0] if saying else first
    gone = [each for each in ranked if each is not stays]
    revived = _is_active(part, first) and not _is_active(part, stays)
    after = _stays(part, stays, gone, spellings, outcome, canonical=canonical, revived=revived)
    for each in gone:
        action = "merge" if _value(part, each) == _value(part, stays) else "drop"
        if not each.is_shadow and not _is_active(part, each):
            action = "replace"
        outcome.actions[part.noun][part.key_of(each.row)] = Decision(action, canonical, part.key_of(stays.row))
    leads = {part.key_of(each.row): Lead(part.key_of(after), canonical) for each in held}
    return {old: lead for old, lead in leads.items() if old != lead.key}


def _stays(
    part: Slots,
    held: _Held,
    gone: list[_Held],
    spellings: Spellings,
    outcome: Outcome,
    *,
    canonical: str | None = None,
    revived: bool = False,
) -> Row:
    """Decides about a row that stays, in the place of others; returns what it becomes."""
    row = held.row
    named, name = followed(part, row, spellings)
    taken = {
        column: absorbed(how, [row[column], *(each.row[column] for each in gone)])
        for column, how in part.absorb.items()
    }
    taken = {column: value for column, value in taken.items() if value != row[column]}
    done = {"revive": revived, "rekey": bool(held.led or named), "absorb": bool(taken)}
    if not any(done.values()):
        outcome.rows[part.table].append(row)
        return row
    status = {part.status: part.active} if revived and part.status is not None else {}
    after = {**row, **held.led, **named, **taken, **status, **stamped(part)}
    action = next(action for action, holds in done.items() if holds)
    outcome.actions[part.noun][part.key_of(row)] = Decision(action, canonical or str(name))
    outcome.rows[part.table].append(after)
    return after


def _slot(row: Row, part: Slots) -> Key:
    """The slot of a row: all of its owners, and its slot. NULL is a value like any other."""
    owners = tuple(row[column] for owner in part.owners for column in owner)
    return (*owners, *(row[column] for column in part.slot))


def _value(part: Slots, held: _Held) -> Any:
    return None if part.value is None else held.row[part.value]


def _is_active(part: Slots, held: _Held) -> bool:
    return part.status is None or held.row[part.status] == part.active


def _rank(part: Slots, held: _Held) -> Key:
    """Rule 2: who survives, first to last."""
    return (not _is_active(part, held), held.is_shadow, -moment(held.row, part.updated_at), part.key_of(held.row))
