"""What happens to rows that refer to the identity and all stay (design, section 4, References)."""

from __future__ import annotations

from reading.declaration import Itself, OnFold, References, Row
from reading.outcome import Decision, Outcome
from reading.owners import Leads, Spellings, become_one, followed, moved, stamped

__all__ = ["fold_references"]


def fold_references(part: References, leads: Leads, spellings: Spellings, rows: list[Row], outcome: Outcome) -> None:
    """Decides about every row."""
    after = outcome.rows[part.table]
    for row in rows:
        decision, changes = _decided(part, row, leads, spellings, outcome) if part.counts(row) else (None, {})
        if decision is not None:
            outcome.actions[part.noun][part.key_of(row)] = decision
        if decision is None or decision.action != "delete":
            after.append({**row, **changes})


def _decided(
    part: References, row: Row, leads: Leads, spellings: Spellings, outcome: Outcome
) -> tuple[Decision | None, Row]:
    led, canonical = moved(row, part.owners, leads)
    if part.of is not None and any(
        tuple(row[column] for column in owner) in outcome.lost[part.of] for owner in part.owners
    ):
        outcome.refusals["owner lost"].add((part.noun, part.key_of(row)))
    if led and canonical is not None and part.on_fold is not OnFold.MOVE:
        if part.on_fold is OnFold.DELETE:
            return Decision("delete", canonical), {}
        return Decision("detach", canonical), {**dict.fromkeys(led), **stamped(part)}
    named, name = followed(part, row, spellings)
    canonical = name if canonical is None else canonical
    if canonical is None:
        return None, {}
    if become_one(row, {**row, **led}, part.owners):
        if part.itself is Itself.DELETE:
            return Decision("delete", canonical), {}
        if part.itself is Itself.REFUSE:
            outcome.refusals["itself"].add((part.noun, part.key_of(row)))
    return Decision("rekey", canonical), {**led, **named, **stamped(part)}
