"""What a database holds against what the oracle says, each value with its type."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import UTC, datetime
from typing import Any

from databases import Database
from drawn.case import Case
from reading import RUN_TIME, Created, Outcome, Row
from whole_database import whole

__all__ = ["disagreements"]


def disagreements(case: Case, outcome: Outcome, database: Database) -> list[str]:
    """Every way in which the rows of the database differ from the outcome, as sentences; none if they agree."""
    observed = {name: _rows(content) for name, content in whole(database).items()}
    made = _made(case, outcome, observed[case.declaration.identity.table])
    found: list[str] = []
    times: dict[str, set[Any]] = defaultdict(set)
    for name, table in case.tables.items():
        rest = list(observed[name])
        for row in outcome.rows.get(name, table.rows):
            asked = {column: _shown(case.dialect, value, made) for column, value in row.items()}
            seen = next((each for each in rest if _agrees(asked, each)), None)
            if seen is None:
                found.append(f"{name}: this row is missing: {row}")
                continue
            rest.remove(seen)
            for column, value in asked.items():
                if value is RUN_TIME:
                    times[table.columns[column].kind + _unit(case, name, column)].add(seen[column])
        found += [f"{name}: this row should not be there: {row}" for row in rest]
    nothing = {_shown(case.dialect, None, {}), _shown(case.dialect, "", {})}
    for kind, known in times.items():
        if len(known) > 1 or known & nothing:
            found.append(f"the run's timestamp is not one and the same: {kind} {known}")
    return found


def _rows(content: Any) -> list[Row]:
    counted: Counter[tuple[Any, ...]] = content.rows
    return [dict(zip(content.columns, row, strict=True)) for row in counted.elements()]


def _agrees(asked: Row, seen: Row) -> bool:
    return asked.keys() == seen.keys() and all(
        value is RUN_TIME or value == seen[column] for column, value in asked.items()
    )


def _made(case: Case, outcome: Outcome, observed: list[Row]) -> dict[Created, Any]:
    """The keys of created rows: found by what a created row is, its name and what it lies within."""
    identity = case.declaration.identity
    (column, *_) = identity.key
    before = {_shown(case.dialect, row[column], {}) for row in case.tables[identity.table].rows}
    new = [row for row in observed if row[column] not in before]
    found = {}
    for row in outcome.rows.get(identity.table, ()):
        if isinstance(row[column], Created):
            wanted = {known: _shown(case.dialect, row[known], {}) for known in (identity.name, *identity.within)}
            keys = [seen[column] for seen in new if all(seen[known] == value for known, value in wanted.items())]
            found[row[column]] = keys[0] if len(keys) == 1 else f"no single row for {row[column]}"
    return found


def _shown(dialect: str, value: Any, made: dict[Created, Any]) -> Any:
    """A value as `whole` shows it: with its type on SQLite, as text on PostgreSQL."""
    if value is RUN_TIME:
        return value
    if isinstance(value, Created):
        key = made.get(Created(value.canonical, value.within), "nothing was created")
        return ("str", str(key[1])) if value.as_text and dialect == "sqlite" else key
    if dialect == "sqlite":
        return (type(value).__name__, value)
    if isinstance(value, datetime):
        whole_seconds, _, fraction = f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}".partition(".")
        return f"{whole_seconds}.{fraction}".rstrip("0").rstrip(".") + "+00"
    return None if value is None else str(value)


def _unit(case: Case, table: str, column: str) -> str:
    parts = (case.declaration.identity, *case.declaration.children)
    times = [
        time
        for part in parts
        if part.table == table
        for time in (part.updated_at, getattr(part, "created_at", None))
        if time is not None and time.column == column
    ]
    return times[0].unit or ""
