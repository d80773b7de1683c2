"""What keeps rows apart by more than their being alike afterwards: exclusion constraints, and the order of changes.

An exclusion constraint compares the rows as they will be by operators of its own. A unique index is asked row by row.

As of unique indexes, the texts only the catalog knows; in a script the database itself refuses, and nothing is kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sqlalchemy import and_, func, literal, select, union_all

from alembic_rekey.guard.checks import check
from alembic_rekey.guard.claims.rows_after import as_stored
from alembic_rekey.guard.claims.uniqueness import Asked, compared, terms, typed
from alembic_rekey.guard.foreign_keys import written_columns
from alembic_rekey.plan.rules import Action
from alembic_rekey.spec import Absorb, Check, Relation

__all__ = ["excluded_after", "unique_midway"]


def excluded_after(asked: Iterable[tuple[int, Asked]]) -> Iterator[Check]:
    """Yield a check per exclusion constraint of those that are `touched`."""
    for number, one in asked:
        if one.index.operators:
            yield check("excluded_after", f"{one.part.noun}_{number}", _excluding(one))


def unique_midway(asked: Iterable[tuple[int, Asked]]) -> Iterator[Check]:
    """Yield a check per unique index of what is added up: a sum may be what another row holds till its own turn comes.

    What else a row takes, no row of another group holds.
    """
    for number, one in asked:
        summed = {name for name, how in one.part.absorbing.items() if how is Absorb.SUM}
        covered = summed if one.index.covered is None else one.index.covered & summed
        if covered and one.index.immediate and not one.index.operators:
            yield check("unique_midway", f"{one.part.noun}_{number}", _held_till_then(one))


def _held_till_then(asked: Asked) -> Relation:
    moved, _ = compared(asked)
    rows = as_stored(asked.part, asked.planned[asked.part].alias("rekey_holding"), asked.types)
    # Who is retired gives before others take.
    changing = {*written_columns(asked.spec, asked.part)} - {Action.RETIRE}
    holding = typed(rows, asked.types).where(rows.action.in_(sorted(action.value for action in changing)))
    held = terms(asked.part, asked.index, holding).subquery("rekey_held")
    alike = [
        mine == its if asked.index.nulls_differ else mine.is_not_distinct_from(its)
        for mine, its in zip(list(moved.c)[1:], list(held.c)[1:], strict=True)
    ]
    return (
        select(
            literal(str(asked.part.table.name)).label("table"),
            moved.c.rekey_row.label("row"),
            held.c.rekey_row.label("other"),
            literal(asked.index.name).label("index"),
        )
        .join_from(moved, held, and_(moved.c.rekey_row != held.c.rekey_row, *alike))
        .order_by(moved.c.rekey_row)
    )


def _excluding(asked: Asked) -> Relation:
    moved, standing = compared(asked)
    both = union_all(
        select(moved, func.row_number().over().label("rekey_number"), literal(1).label("rekey_moves")),
        # A row that stays as it is excludes none that does.
        select(standing, literal(0), literal(0)),
    ).cte("rekey_compared")
    one, other = both.alias("rekey_one"), both.alias("rekey_other")
    compared_by = zip(list(one.c)[1:-2], list(other.c)[1:-2], asked.index.operators, strict=True)
    exclude = and_(
        one.c.rekey_moves == 1,
        one.c.rekey_number != other.c.rekey_number,
        *(mine.bool_op(operator)(its) for mine, its, operator in compared_by),
    )
    pairs = (
        select(one.c.rekey_row.label("one"), other.c.rekey_row.label("other"), other.c.rekey_moves.label("moves"))
        .join_from(one, other, exclude)
        .cte("rekey_pair")
    )
    named = union_all(
        select(pairs.c.one.label("row"), pairs.c.other),
        select(pairs.c.other, pairs.c.one).where(pairs.c.moves == 0),
    ).subquery("rekey_excluded")
    return (
        select(
            literal(str(asked.part.table.name)).label("table"),
            named.c.row,
            func.count().label("others"),
            literal(asked.index.name).label("constraint"),
        )
        .group_by(named.c.row)
        .order_by(named.c.row)
    )
