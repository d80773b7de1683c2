"""What a fold must lead to, in the words of the design, and how a database differs from it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

__all__ = [
    "APPLY_COUNTS",
    "PLAN_COUNTS",
    "Marker",
    "Outcome",
    "Row",
    "Rows",
    "Slot",
    "by_owner",
    "disagreements",
]

Row = dict[str, Any]
Rows = Mapping[str, list[Row]]
Slot = tuple[str, str, str]

PLAN_COUNTS = (
    *("shadow_projects", "state_rekey_rows", "state_collisions", "state_historical_drops"),
    *("memory_rekey_rows", "memory_supersede_rows", "interaction_rekey_rows"),
    *("canonical_rows_renamed", "state_rows_revived", "project_values_left_behind"),
)
APPLY_COUNTS = (
    *("shadow_projects_deleted", "canonical_rows_created", "canonical_rows_renamed"),
    *("state_rows_rekeyed", "state_rows_merged_as_duplicate", "state_rows_replaced_inactive_canonical"),
    *("state_rows_historical_dropped", "state_rows_revived"),
    *("memory_rows_rekeyed", "memory_rows_superseded", "interaction_rows_rekeyed"),
)


class Marker(Enum):
    """Stands for a value that only the run itself knows."""

    RUN_TIME = "the run's own timestamp, one and the same in all rows"
    CREATED_ID = "the id of a created canonical row"


@dataclass
class Outcome:
    """What the design asks for: refusals, or the rows afterwards; and the counts of both phases."""

    two_canonical_rows: set[str] = field(default_factory=set)
    """Canonicals with more than one `projects` row."""
    collisions: set[Slot] = field(default_factory=set)
    """(canonical, category, key) with live rows of different values."""
    crowded: set[Slot] = field(default_factory=set)
    """(project name, category, key) where one project has several rows in a slot that a shadow touches."""
    unread: set[str] = field(default_factory=set)
    """Ids of rows of which one stays for its time, where that is no time."""
    actions: dict[str, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    """By table and row id, what happens to a row; rows that are not touched are not named."""
    rows: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))
    """The rows afterwards, state rows with `owner` (a project's name) for `project_id`; empty if refused."""
    left_behind: int = 0
    """Values of shadows that the row that stays does not get."""
    plan_counts: dict[str, int] = field(default_factory=dict)
    apply_counts: dict[str, int] = field(default_factory=dict)

    @property
    def refused(self) -> bool:
        """Whether apply must not happen."""
        return bool(self.two_canonical_rows or self.collisions or self.crowded or self.unread)

    @property
    def is_empty(self) -> bool:
        """Whether no row at all is touched."""
        return not any(self.actions.values()) and not self.refused

    def count(self) -> None:
        """Counts the actions under the names of the design; of a refused plan nothing is applied."""
        projects, state, memories, interactions = (
            Counter(self.actions[table].values()) for table in ("projects", "project_state", "memories", "interactions")
        )
        plan = (
            *(projects["delete"], state["rekey"] + state["merge"], len(self.collisions), state["drop"]),
            *(memories["rekey"], memories["supersede"], interactions["rekey"]),
            *(projects["rename"], state["revive"], self.left_behind),
        )
        apply = (
            *(projects["delete"], projects["create"], projects["rename"]),
            *(state["rekey"], state["merge"], state["replace"], state["drop"], state["revive"]),
            *(memories["rekey"], memories["supersede"], interactions["rekey"]),
        )
        self.plan_counts = dict(zip(PLAN_COUNTS, plan, strict=True))
        self.apply_counts = dict(zip(APPLY_COUNTS, apply, strict=True))
        if self.refused:
            self.rows.clear()
            self.apply_counts = {}


def by_owner(rows: Rows) -> dict[str, list[Row]]:
    """The same rows with the name of its project on every state row, in place of the project's id."""
    names = {row["id"]: row["name"] for row in rows.get("projects", ())}
    state = []
    for row in rows.get("project_state", ()):
        owned = {column: value for column, value in row.items() if column != "project_id"}
        state.append({**owned, "owner": names.get(row["project_id"], f"no project {row['project_id']!r}")})
    return {**rows, "project_state": state}


def disagreements(
    outcome: Outcome, rows: Rows, *, stored: Callable[[object], object] = lambda value: value
) -> list[str]:
    """Every way in which the rows of a database differ from an outcome, as sentences; none if they agree.

    `stored` says how the database shows a value that was inserted (`Database.stored`). Columns that the
    outcome does not name are not compared. The run's timestamp has to be one and the same everywhere.
    """
    found: list[str] = []
    run_times: set[object] = set()
    for table, observed in by_owner(rows).items():
        wanted = {row["id"]: row for row in outcome.rows[table] if row["id"] is not Marker.CREATED_ID}
        created = {row["name"]: row for row in outcome.rows[table] if row["id"] is Marker.CREATED_ID}
        for seen in observed:
            asked = wanted.pop(seen["id"], None) or created.pop(seen.get("name"), None)
            if asked is None:
                found.append(f"{table}: this row should not be there: {seen}")
                continue
            for column, value in asked.items():
                if value is Marker.RUN_TIME:
                    run_times.add(seen[column])
                elif value is not Marker.CREATED_ID and stored(value) != seen[column]:
                    found.append(f"{table} {seen['id']!r}: {column} is {seen[column]!r}, not {value!r}")
        found += [f"{table}: this row is missing: {row}" for row in (*wanted.values(), *created.values())]
    if len(run_times) > 1 or None in run_times:
        found.append(f"the run's timestamp is not one and the same: {run_times}")
    return found
