"""A second, plain reading of the design's section 3, row by row in Python.

It shares no code with `src/` and is deliberately slow and literal: where the two disagree, one of them
has misread the design.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta, timezone

from outcomes import Marker, Outcome, Row, Rows, Slot, by_owner

__all__ = ["Answers", "expected", "instant", "key"]

ACTIVE = "active"
SUPERSEDED = "superseded"
CREATED_DESCRIPTION = "created by legacy alias migration"


def key(name: str) -> str:
    """The form in which names match."""
    return name.strip().lower()


TIMESTAMP = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[ T](\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?(Z|([+-])(\d\d):(\d\d))?", re.ASCII
)
OLDEST = -(10**30)


def time_of(text: str) -> datetime | None:
    """The time that a text of one of the legacy formats says; None for any other text."""
    found = TIMESTAMP.fullmatch(text)
    if found is None:
        return None
    *whole, fraction, zone, sign, hours, minutes = found.groups()
    offset = timedelta(0)
    if zone not in (None, "Z"):
        offset = timedelta(hours=int(hours), minutes=int(minutes)) * (-1 if sign == "-" else 1)
    year, month, day, hour, minute, second = map(int, whole)
    microsecond = int((fraction or "").ljust(6, "0"))
    try:
        return datetime(year, month, day, hour, minute, second, microsecond, timezone(offset))
    except ValueError:  # 30 February
        return None


def is_unread(moment: object) -> bool:
    """Whether a stored time says something, and nothing that is a time."""
    if isinstance(moment, str):
        return moment.strip(" ") != "" and time_of(moment) is None
    return not (moment is None or isinstance(moment, datetime))


def unread(rows: list[Row]) -> set[str]:
    """The ids of the rows that could have stayed for their time and have what is none."""
    return {row["id"] for row in rows if len(rows) > 1 and is_unread(row["updated_at"])}


def instant(moment: object) -> int:
    """Microseconds since the epoch of a stored time; NULL and an empty text are the oldest."""
    time = time_of(moment) if isinstance(moment, str) else moment
    if not isinstance(time, datetime):
        return OLDEST
    aware = time if time.tzinfo else time.replace(tzinfo=UTC)
    return (aware - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def newest(rows: Iterable[Row], *, already: Callable[[Row], bool] = lambda _: False) -> Row:
    """The newest row; at a tie one that is `already` in place, then the one with the smallest id."""
    return min(rows, key=lambda row: (-instant(row["updated_at"]), not already(row), row["id"]))


def names_of(registry: Mapping[str, Iterable[str]]) -> dict[str, str]:
    """The canonical by the key of each registered name."""
    canonicals: dict[str, str] = {}
    for spelt, aliases in registry.items():
        canonical = spelt.strip()
        for name in (canonical, *aliases):
            if canonical and name.strip() and canonicals.setdefault(key(name), canonical) != canonical:
                raise ValueError(f"the registry is refused: {name!r} is registered twice")
    return canonicals


Answers = Mapping[Slot, str]
"""The name of the project whose row a person keeps, as that row's project is spelt, by the slot."""


def expected(registry: Mapping[str, Iterable[str]], rows: Rows, answers: Answers | None = None) -> Outcome:
    """The outcome of one fold; an answer to what is no collision, or to a name without a live row, is none."""
    canonicals = names_of(registry)
    before = by_owner(rows)
    outcome = Outcome()
    shadows = fold_projects(canonicals, before.get("projects", []), outcome)
    fold_state(canonicals, shadows, before.get("project_state", []), outcome, answers or {})
    fold_tags(canonicals, "memories", before.get("memories", []), outcome, duplicates=True)
    fold_tags(canonicals, "interactions", before.get("interactions", []), outcome, duplicates=False)
    outcome.count()
    return outcome


def fold_projects(canonicals: Mapping[str, str], rows: list[Row], outcome: Outcome) -> dict[str, str]:
    """Decides about the identities; returns the canonical of each shadow by the shadow's name."""
    shadows = {}
    spellings = defaultdict(list)
    for row in rows:
        canonical = canonicals.get(key(row["name"]))
        if canonical is None:
            outcome.rows["projects"].append(row)
        elif key(row["name"]) == key(canonical):
            spellings[canonical].append(row["name"])
            if row["name"] != canonical:
                outcome.actions["projects"][row["id"]] = "rename"
                row = {**row, "name": canonical, "updated_at": Marker.RUN_TIME}
            outcome.rows["projects"].append(row)
        else:
            shadows[row["name"]] = canonical
            outcome.actions["projects"][row["id"]] = "delete"
    outcome.two_canonical_rows = {name for name, found in spellings.items() if len(found) > 1}
    for canonical in set(shadows.values()) - set(spellings):
        created = {"id": Marker.CREATED_ID, "name": canonical, "description": CREATED_DESCRIPTION}
        times = {"created_at": Marker.RUN_TIME, "updated_at": Marker.RUN_TIME}
        outcome.actions["projects"][f"new {canonical}"] = "create"
        outcome.rows["projects"].append({**created, **times})
    stays = {row["name"]: row for row in outcome.rows["projects"]}
    for row in rows:
        if row["name"] in shadows:
            survivor = stays[shadows[row["name"]]]
            compared = row.keys() - {"id", "name", "created_at", "updated_at"}
            outcome.left_behind += sum(row[column] not in (None, survivor.get(column)) for column in compared)
    return shadows


def fold_state(
    canonicals: Mapping[str, str], shadows: Mapping[str, str], rows: list[Row], outcome: Outcome, answers: Answers
) -> None:
    """Decides about the slots."""
    slots: dict[Slot, list[Row]] = defaultdict(list)
    for row in rows:
        # A misspelt canonical is the canonical: its rows are the canonical's own.
        canonical = canonicals.get(key(row["owner"]))
        if canonical is None:
            outcome.rows["project_state"].append(row)
        else:
            slots[canonical, row["category"], row["key"]].append(row)
    for slot, found in slots.items():
        canonical = slot[0]
        own = [{**row, "owner": canonical} for row in found if row["owner"] not in shadows]
        legacy = [row for row in found if row["owner"] in shadows]
        if not legacy:
            outcome.rows["project_state"] += own
            continue
        owners = Counter(row["owner"] for row in found)
        crowded = {(owner, *slot[1:]) for owner, number in owners.items() if number > 1}
        outcome.crowded |= crowded
        live = [row for row in found if row["status"] == ACTIVE]
        if len({row["value"] for row in live}) > 1:
            kept = [row for row in live if row["owner"] == answers.get(slot)]
            if not kept:
                outcome.collisions.add(slot)
            elif not crowded:
                fold_answered_slot(canonical, kept[0], own[0] if own else None, legacy, outcome)
        elif not crowded:
            fold_slot(canonical, own[0] if own else None, legacy, outcome)


def fold_slot(canonical: str, own: Row | None, legacy: list[Row], outcome: Outcome) -> None:
    """Decides about one slot without collision: at most one row of the canonical's, some legacy ones."""
    actions, after = outcome.actions["project_state"], outcome.rows["project_state"]
    live = [row for row in legacy if row["status"] == ACTIVE]
    if own is not None and (own["status"] == ACTIVE or not live):
        survivor = own
        after.append(own)
    else:
        survivor = newest(live or legacy)
        if own is not None and own["value"] == survivor["value"]:
            survivor = own
            actions[own["id"]] = "revive"
            after.append({**own, "status": ACTIVE, "updated_at": Marker.RUN_TIME})
        else:
            if own is not None:
                actions[own["id"]] = "replace"
            actions[survivor["id"]] = "rekey"
            outcome.unread |= unread(live or legacy)
            after.append({**survivor, "owner": canonical, "updated_at": Marker.RUN_TIME})
    for row in legacy:
        if row is not survivor:
            actions[row["id"]] = "merge" if row["value"] == survivor["value"] else "drop"


def fold_answered_slot(canonical: str, kept: Row, own: Row | None, legacy: list[Row], outcome: Outcome) -> None:
    """Decides about one slot in collision of which a person keeps a live row."""
    actions, after = outcome.actions["project_state"], outcome.rows["project_state"]
    value = kept["value"]
    if own is not None and own["value"] == value:
        if own["status"] == ACTIVE:
            after.append(own)
        else:
            actions[own["id"]] = "revive"
            after.append({**own, "status": ACTIVE, "updated_at": Marker.RUN_TIME})
    else:
        if own is not None:
            actions[own["id"]] = "drop" if own["status"] == ACTIVE else "replace"
        actions[kept["id"]] = "rekey"
        outcome.unread |= unread([row for row in legacy if (row["status"], row["value"]) == (ACTIVE, value)])
        after.append({**kept, "owner": canonical, "updated_at": Marker.RUN_TIME})
    for row in legacy:
        if row["id"] not in actions:
            actions[row["id"]] = "merge" if row["value"] == value else "drop"


def fold_tags(
    canonicals: Mapping[str, str], table: str, rows: list[Row], outcome: Outcome, *, duplicates: bool
) -> None:
    """Decides about the rows of a table keyed by a text column."""
    actions = outcome.actions[table]
    tags = {row["id"]: canonicals.get(key(row["project"] or "")) for row in rows}
    rekeyed = [row for row in rows if tags[row["id"]] not in (None, row["project"])]
    actions.update({row["id"]: "rekey" for row in rekeyed})
    groups = defaultdict(list)
    for row in rows if duplicates else ():
        if tags[row["id"]] is not None:
            groups[tags[row["id"]], row["memory_type"], row["content"], row["status"]].append(row)
    for group in groups.values():
        if len(group) > 1 and any(row in rekeyed for row in group):
            winner = newest(group, already=lambda row: row not in rekeyed)
            losers = [row for row in group if row is not winner and (winner in rekeyed or row in rekeyed)]
            actions.update({row["id"]: "supersede" for row in losers})
            outcome.unread |= unread([winner, *losers])
    for row in rows:
        changes: Row = {}
        if row["id"] in actions:
            changes = {"project": tags[row["id"]]}
            if "updated_at" in row:
                changes["updated_at"] = Marker.RUN_TIME
        if actions.get(row["id"]) == "supersede":
            changes["status"] = SUPERSEDED
        outcome.rows[table].append({**row, **changes})
