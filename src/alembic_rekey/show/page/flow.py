"""How many rows flow from which name into which canonical."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from alembic_rekey.plan.rules import Action

__all__ = ["Flow", "Group", "flows", "grouped_flows"]


@dataclass(frozen=True)
class Flow:
    """`rows` rows written under `name` belong to `canonical`; `blocked` of them wait for a decision."""

    name: str
    canonical: str
    rows: int
    blocked: int


@dataclass(frozen=True)
class Group:
    """Everything that flows into one canonical, the widest first."""

    canonical: str
    flows: Sequence[Flow]

    @property
    def rows(self) -> int:
        """How many rows that are."""
        return sum(flow.rows for flow in self.flows)

    @property
    def blocked(self) -> int:
        """How many of them wait for a decision."""
        return sum(flow.blocked for flow in self.flows)


def flows(spellings: Iterable[tuple[str, str, str, int]]) -> list[Flow]:
    """Return the flows of a plan, the widest first; `spellings` is what `Tally.every_spelling` yields."""
    rows: dict[tuple[str, str], list[int]] = {}
    for action, written, canonical, number in spellings:
        if written != canonical and action != Action.KEEP:
            found = rows.setdefault((canonical, written), [0, 0])
            found[0] += number
            found[1] += number if action == Action.COLLISION else 0
    made = [Flow(written, canonical, *numbers) for (canonical, written), numbers in rows.items()]
    return sorted(made, key=lambda flow: (-flow.rows, flow.canonical, flow.name))


def grouped_flows(every: Iterable[Flow]) -> list[Group]:
    """Return the flows of each canonical, the widest first."""
    found: dict[str, list[Flow]] = {}
    for flow in every:
        found.setdefault(flow.canonical, []).append(flow)
    return sorted((Group(*item) for item in found.items()), key=lambda group: (-group.rows, group.canonical))
