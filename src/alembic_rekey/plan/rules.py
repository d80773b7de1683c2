"""The decision tables of the design, section 3, as data.

`plan` turns each table into one CASE expression; nothing else decides what happens to a row. In a
condition, 1 and 0 ask for a fact or its absence, and a fact that is not named does not matter. The
first line that fits decides; where none fits, the row is left alone and is not part of the plan.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

__all__ = ["DELETED", "REFUSED", "SLOT_RANKS", "SLOT_RULES", "TAG_RULES", "Action", "Rule"]


class Action(StrEnum):
    """What the plan does with a row. `KEEP` touches nothing: it is the other side of a decision.

    No upgrade carries out `COLLISION` and `ITSELF`; `DETACH` sets an owner to NULL.
    """

    CREATE = "create"
    RENAME = "rename"
    ABSORB = "absorb"
    RETIRE = "retire"
    DELETE = "delete"
    REKEY = "rekey"
    REVIVE = "revive"
    MERGE = "merge"
    REPLACE = "replace"
    DROP = "drop"
    COLLISION = "collision"
    ITSELF = "itself"
    DETACH = "detach"
    SUPERSEDE = "supersede"
    KEEP = "keep"


REFUSED = (Action.COLLISION, Action.ITSELF)
"""The actions over which an upgrade refuses."""

DELETED = (Action.DELETE, Action.MERGE, Action.REPLACE, Action.DROP)
"""The actions after which the row is gone; the journal brings it back."""


class Rule(NamedTuple):
    """One line of a decision table: facts by name, and the action where they all hold."""

    when: Mapping[str, int]
    action: Action


SLOT_RANKS = (
    {"kept": 2},
    {"kept": 1},
    {"shadow": 0, "active": 1},
    {"shadow": 1, "active": 1},
    {"shadow": 0, "active": 0},
    {"shadow": 1, "active": 0},
)
"""Slots, rule 2: who survives, first to last; then the newest `updated_at`, then the smallest key.

`kept`: a person's answer keeps this active row (2: it names the spelling that the row is written under, 1: a name
with the same key, 0: it does not). An answer comes before all other ranks."""

SLOT_RULES = (
    # Rule 1: two or more active rows with different values, and no answer that tells which one stays.
    Rule({"collided": 1, "answered": 0}, Action.COLLISION),
    Rule({"collided": 1, "disputed": 1}, Action.COLLISION),
    # An answer keeps a shadow row: an active canonical row says the same, or is the one that loses.
    Rule({"answered": 1, "shadow": 0, "active": 1, "won_by_shadow": 1, "same": 1}, Action.KEEP),
    Rule({"answered": 1, "shadow": 0, "active": 1, "won_by_shadow": 1, "same": 0}, Action.DROP),
    # Rule 3: a shadow row wins. A canonical row that says the same becomes active again.
    Rule({"shadow": 0, "won_by_shadow": 1, "same": 1}, Action.REVIVE),
    Rule({"shadow": 0, "won_by_shadow": 1, "same": 0}, Action.REPLACE),
    Rule({"shadow": 0, "won_by_shadow": 0}, Action.KEEP),
    Rule({"shadow": 1, "first": 1, "said_by_canonical": 0}, Action.REKEY),
    # Rule 4: every other shadow row.
    Rule({"shadow": 1, "same": 1}, Action.MERGE),
    Rule({"shadow": 1, "same": 0}, Action.DROP),
)
"""Facts, per row of a slot that holds at least one shadow row: `shadow`: it hangs on a shadow; `active`: its
status is; `first`: it survives by rank; `won_by_shadow`: the survivor by rank hangs on a shadow; `same`: its
value is the survivor's; `said_by_canonical`: a canonical row holds the survivor's value; `collided`:
an active row of the slot holds another value than the active survivor; `answered`: a person's answer
keeps one of its rows; `disputed`: it keeps two of different values alike."""

TAG_RULES = (
    Rule({"first": 1, "rekeyed": 1}, Action.REKEY),
    Rule({"first": 1, "rekeyed": 0}, Action.KEEP),
    Rule({"first": 0, "won_by_rekeyed": 1}, Action.SUPERSEDE),
    Rule({"first": 0, "won_by_rekeyed": 0, "rekeyed": 1}, Action.SUPERSEDE),
)
"""Facts, per row of a group of duplicates that holds at least one rekeyed row (a row without
duplicates is a group of one): `rekeyed`: it is not spelt as its canonical; `first`: the newest
`updated_at`, at a tie a canonical row, then the smallest key; `won_by_rekeyed`: the first is rekeyed."""
