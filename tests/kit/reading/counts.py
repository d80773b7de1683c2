"""The counts of both phases under the names of the design, section 6."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from reading.declaration import Declaration, Part, References, Slots, Tags
from reading.outcome import Outcome

__all__ = ["Counts", "counts_of"]


@dataclass(frozen=True)
class Counts:
    """By name; of a refused plan nothing is applied."""

    plan: dict[str, int]
    apply: dict[str, int]


def counts_of(declaration: Declaration, outcome: Outcome) -> Counts:
    """How many rows there are of each action, values that are left behind, and slots in collision."""
    noun = declaration.identity.noun
    done = Counter(decision.action for decision in outcome.actions[noun].values())
    plan = {
        f"shadow_{noun}s": done["delete"] + done["retire"],
        "canonical_rows_renamed": done["rename"],
        f"{noun}_rows_absorbing": done["absorb"],
        f"{noun}_rekey_rows": done["rekey"],
        f"{noun}_values_left_behind": len(outcome.left_behind),
    }
    apply = {
        f"shadow_{noun}s_deleted": done["delete"],
        f"shadow_{noun}s_retired": done["retire"],
        "canonical_rows_created": done["create"],
        "canonical_rows_renamed": done["rename"],
        f"{noun}_rows_absorbing": done["absorb"],
        f"{noun}_rows_rekeyed": done["rekey"],
    }
    for part in declaration.children:
        planned, applied = _of_child(part, outcome)
        plan |= {f"{part.noun}_{name}": number for name, number in planned.items()}
        apply |= {f"{part.noun}_{name}": number for name, number in applied.items()}
    return Counts(plan, {} if outcome.refused else apply)


def _of_child(part: Part, outcome: Outcome) -> tuple[dict[str, int], dict[str, int]]:
    done = Counter(decision.action for decision in outcome.actions[part.noun].values())
    if isinstance(part, Slots):
        collisions = sum(noun == part.noun for noun, _ in outcome.refusals["collision"])
        return {
            "rekey_rows": done["rekey"] + done["merge"],
            "collisions": collisions,
            "historical_drops": done["drop"],
            "rows_revived": done["revive"],
            "rows_absorbing": done["absorb"],
            "delete_rows": done["delete"],
        }, {
            "rows_rekeyed": done["rekey"],
            "rows_merged_as_duplicate": done["merge"],
            "rows_replaced_inactive_canonical": done["replace"],
            "rows_historical_dropped": done["drop"],
            "rows_revived": done["revive"],
            "rows_absorbing": done["absorb"],
            "rows_deleted": done["delete"],
        }
    if isinstance(part, Tags):
        planned, applied = {"rekey_rows": done["rekey"]}, {"rows_rekeyed": done["rekey"]}
        if part.status is not None:
            return {**planned, "supersede_rows": done["supersede"]}, {**applied, "rows_superseded": done["supersede"]}
        if part.agree:
            return {**planned, "merge_rows": done["merge"]}, {**applied, "rows_merged_as_duplicate": done["merge"]}
        return planned, applied
    assert isinstance(part, References)
    return {
        "rekey_rows": done["rekey"],
        "delete_rows": done["delete"],
        "detach_rows": done["detach"],
    }, {
        "rows_rekeyed": done["rekey"],
        "rows_deleted": done["delete"],
        "rows_detached": done["detach"],
    }
