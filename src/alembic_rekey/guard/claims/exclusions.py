"""What keeps rows apart by more than their being alike afterwards: exclusion constraints, and the order of changes.

An exclusion constraint compares the rows as they will be by operators of its own. A unique index is asked row by row.

As of unique indexes, the texts only the catalog knows; in a script the database itself refuses, and nothing is kept,
but for what the revision declares.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sqlalchemy import Text, and_, case, cast, func, literal, select, true, union_all

from alembic_rekey.guard.catalog import about
from alembic_rekey.guard.checks import check
from alembic_rekey.guard.claims.rows_after import as_stored, changed
from alembic_rekey.guard.claims.uniqueness import Asked, compared, terms, typed
from alembic_rekey.guard.foreign_keys import written_columns
from alembic_rekey.plan.groups.members import Planned
from alembic_rekey.plan.groups.registered import Names
from alembic_rekey.plan.judged import alike, flag, numbered
from alembic_rekey.plan.rules import Action
from alembic_rekey.spec import Absorb, Check, Part, Relation, Spec
from alembic_rekey.sql.dialects import database

__all__ = ["excluded_after", "exclusions_declared", "unique_midway", "unique_midway_declared"]


def excluded_after(asked: Iterable[tuple[int, Asked]]) -> Iterator[Check]:
    """Yield a check per exclusion constraint of those that are `touched`."""
    for number, one in asked:
        if one.index.operators:
            yield check("excluded_after", f"{one.part.noun}_{number}", _excluding(one))


def exclusions_declared(spec: Spec, names: Names, planned: Planned, dialect: str) -> Iterator[tuple[int, Asked]]:
    """Yield the exclusion constraints that a script knows, as `touched` does: those that the revision declares."""
    for part in spec.parts:
        written = {str(name) for columns in written_columns(spec, part).values() for name in columns}
        # The tables themselves tell the types.
        types = dict.fromkeys((str(known.name) for known in part.table.columns), "")
        for number, index in enumerate(database(dialect).shell.exclusions(part.table)):
            if index.covered is None or not index.covered.isdisjoint(written):
                yield number, Asked(spec, names, part, index, types, planned, written, {})


def unique_midway(asked: Iterable[tuple[int, Asked]]) -> Iterator[Check]:
    """Yield a check per unique index of what is added up: a sum may be what another row holds till its own turn comes.

    What else a row takes, no row of another group holds.
    """
    for number, one in asked:
        summed = {name for name, how in one.part.absorbing.items() if how is Absorb.SUM}
        covered = summed if one.index.covered is None else one.index.covered & summed
        if covered and one.index.immediate and not one.index.operators:
            yield check("unique_midway", f"{one.part.noun}_{number}", _held_till_then(one))


def unique_midway_declared(spec: Spec, names: Names, planned: Planned, dialect: str) -> Iterator[Check]:
    """Yield the same for a script: of indexes of declared columns, which the catalog tells when it runs."""
    for part in spec.parts:
        for number, name in enumerate(name for name, how in part.absorbing.items() if how is Absorb.SUM):
            found = _held_by_declared(part, name, spec, names, planned, dialect)
            yield check("unique_midway", f"{part.noun}_sum_{number}", found)


def _changing(part: Part, spec: Spec) -> list[str]:
    # Who is retired gives before others take.
    return sorted(action.value for action in {*written_columns(spec, part)} - {Action.RETIRE})


def _held_till_then(asked: Asked) -> Relation:
    moved, _ = compared(asked)
    rows = as_stored(asked.part, asked.planned[asked.part].alias("rekey_holding"), asked.types)
    holding = typed(rows, asked.types).where(rows.action.in_(_changing(asked.part, asked.spec)))
    held = terms(asked.part, asked.index, holding).subquery("rekey_held")
    same = [
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
        .join_from(moved, held, and_(moved.c.rekey_row != held.c.rekey_row, *same))
        .order_by(moved.c.rekey_row)
    )


def _held_by_declared(part: Part, summed: str, spec: Spec, names: Names, planned: Planned, dialect: str) -> Relation:
    # The time of the change is known when it is written.
    times = {str(stamp.name) for stamp in part.times}
    declared = [str(known.name) for known in part.table.columns if known.name not in times]
    changing, holding = (
        select(rows.row.label("rekey_row"), *numbered("value", [rows.values[name] for name in declared]))
        .select_from(rows.source)
        .where(rows.action.in_(_changing(part, spec)))
        .subquery(called)
        for rows, called in (
            (changed(part, spec, names, planned, declared), "rekey_changing"),
            (as_stored(part, planned[part].alias("rekey_holding"), declared), "rekey_held"),
        )
    )
    values = dict(zip(declared, zip(alike(changing, "value"), alike(holding, "value"), strict=True), strict=True))
    # By itself: in a join, SQLite may ask its pragmas before it knows of which table.
    index = about([part], database(dialect).shell.unique_columns).cte("rekey_index").prefix_with("MATERIALIZED")
    compared = func.lower(index.c.column)
    # Texts: not every type knows what is equal.
    same = [
        (compared == name.lower(), flag(cast(mine, Text) == cast(its, Text))) for name, (mine, its) in values.items()
    ]
    taken, held = values[summed]
    return (
        select(
            literal(str(part.table.name)).label("table"),
            changing.c.rekey_row.label("row"),
            holding.c.rekey_row.label("other"),
            index.c.called.label("index"),
        )
        .select_from(
            changing.join(holding, and_(changing.c.rekey_row != holding.c.rekey_row, taken == held)).join(index, true())
        )
        .group_by(changing.c.rekey_row, holding.c.rekey_row, index.c.called)
        .having(func.min(case(*same, else_=0)) == 1, func.max(flag(compared == summed.lower())) == 1)
        .order_by(changing.c.rekey_row)
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
