"""How the tables of `rules` become relations: facts, the CASE expression that decides, and the row itself beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Column, ColumnElement, FromClause, and_, case, literal, literal_column, null, over, select
from sqlalchemy.sql.functions import FunctionElement

from alembic_rekey.plan.rules import Rule
from alembic_rekey.spec import Relation

__all__ = ["all_columns", "decided", "flag", "holding", "so_far", "with_original"]


def flag(condition: ColumnElement[bool]) -> ColumnElement[int]:
    """Return 1 where `condition` holds, else 0: NULL holds nowhere."""
    return case((condition, 1), else_=0)


def holding(when: Mapping[str, int], facts: FromClause) -> ColumnElement[bool] | None:
    """Return the condition that all is as `when` says, None if it cannot be: a fact that is not there is 0."""
    if any(wanted and name not in facts.c for name, wanted in when.items()):
        return None
    return and_(*(facts.c[name] == wanted for name, wanted in when.items() if name in facts.c))


def decided(rules: Sequence[Rule], facts: FromClause) -> Relation:
    """Return `key`, `action`, `canonical` per row of `facts`: the first of `rules` that holds tells the action."""
    lines = [(holding(rule.when, facts), literal(rule.action.value)) for rule in rules]
    action = case(*((holds, action) for holds, action in lines if holds is not None), else_=null())
    return select(facts.c.key, action.label("action"), facts.c.canonical)


def so_far(function: FunctionElement[Any], group: Sequence[Any], order: Sequence[Any]) -> ColumnElement[Any]:
    """Return `function` over the rows of `group` up to the row itself.

    One frame for all of a select, so that the database sorts once; SQLite keeps no row back for it.
    """
    return over(function, partition_by=group, order_by=order, rows=(None, 0))


def with_original(chosen: Relation, key: Column[Any]) -> Relation:
    """Join what was decided per key, its first column, with the row itself, all of its columns as they stand."""
    # SQLite finds rows through the index of their keys, here and all along: in its order, a page is read once.
    # To sort the keys alone costs a fraction of sorting the rows.
    in_order = chosen.suffix_with("ORDER BY 1", dialect="sqlite")
    decided = in_order.cte("rekey_decided").prefix_with("MATERIALIZED", dialect="sqlite")
    original = key.table.alias("rekey_original")
    return all_columns(decided).join_from(decided, original, original.c[key.key] == decided.c.key)


def all_columns(chosen: FromClause) -> Relation:
    """Return action and canonical of `chosen` before all columns of `rekey_original`, known or not."""
    return select(
        chosen.c.action.label("rekey_action"),
        chosen.c.canonical.label("rekey_canonical"),
        literal_column("rekey_original.*"),
    )
