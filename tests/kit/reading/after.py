"""What the database itself holds its rows to, asked of the rows as they would be after the fold."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

from reading.declaration import Declaration, Tables
from reading.outcome import Created, Outcome

__all__ = ["refuse_what_does_not_hold"]


def refuse_what_does_not_hold(declaration: Declaration, tables: Tables, outcome: Outcome) -> None:
    """Refuses rows that would be twice what may be there once, and rows that would refer to nothing."""
    after = {**tables, **outcome.rows}
    for table, constraints in declaration.unique.items():
        for columns in constraints:
            held = [tuple(row[column] for column in columns) for row in after.get(table, ())]
            # A row that is left alone may still say the key under which the plan has one that is created.
            planned = [tuple(_standing_in(value, outcome) for value in values) for values in held]
            for rows in (held, planned) if table != declaration.identity.table else (held,):
                often = Counter(values for values in rows if None not in values)
                twice = {values for values, number in often.items() if number > 1}
                outcome.refusals["unique"] |= {(table, columns, values) for values in twice}
    for known in declaration.foreign_keys:
        there = {tuple(row[column] for column in known.referred) for row in after.get(known.target, ())}
        referring = {tuple(row[column] for column in known.columns) for row in after.get(known.table, ())}
        missing = {values for values in referring - there if None not in values}
        outcome.refusals["foreign key"] |= {(known.table, known.columns, values) for values in missing}


def _standing_in(value: Any, outcome: Outcome) -> Any:
    if not isinstance(value, Created):
        return value
    key = outcome.stand_ins[replace(value, as_text=False)]
    return str(key) if value.as_text else key
