"""What the database itself holds its rows to, asked of the rows as they would be after the fold."""

from __future__ import annotations

from collections import Counter

from reading.declaration import Declaration, Tables
from reading.outcome import Outcome

__all__ = ["refuse_what_does_not_hold"]


def refuse_what_does_not_hold(declaration: Declaration, tables: Tables, outcome: Outcome) -> None:
    """Refuses rows that would be twice what may be there once, and rows that would refer to nothing."""
    after = {**tables, **outcome.rows}
    for table, constraints in declaration.unique.items():
        for columns in constraints:
            held = [tuple(row[column] for column in columns) for row in after.get(table, ())]
            often = Counter(values for values in held if None not in values)
            twice = {values for values, number in often.items() if number > 1}
            outcome.refusals["unique"] |= {(table, columns, values) for values in twice}
    for known in declaration.foreign_keys:
        there = {tuple(row[column] for column in known.referred) for row in after.get(known.target, ())}
        referring = {tuple(row[column] for column in known.columns) for row in after.get(known.table, ())}
        missing = {values for values in referring - there if None not in values}
        outcome.refusals["foreign key"] |= {(known.table, known.columns, values) for values in missing}
