"""What the database asks of a row by itself, of the rows as they will be: CHECK constraints, lengths, domains.

What an upgrade would be refused for is found before it changes anything. The texts only the catalog knows; in a script
the database itself refuses, and nothing is kept. Of times, which the run makes when it writes, the length alone is
asked, and no constraint; nor is one about the key of a row that is still to be created.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Numeric,
    Text,
    and_,
    case,
    cast,
    exists,
    func,
    literal,
    literal_column,
    not_,
    or_,
    select,
    union_all,
)

from alembic_rekey.guard.checks import check
from alembic_rekey.guard.claims.rows_after import RowsAfter, changed, created, standing
from alembic_rekey.guard.foreign_keys import written_columns
from alembic_rekey.plan.groups.members import Planned
from alembic_rekey.plan.groups.registered import Names
from alembic_rekey.plan.judged import alike, leads_of, numbered
from alembic_rekey.plan.rules import Action
from alembic_rekey.spec import SURVIVOR, Absorb, Check, Identity, Part, Relation, Spec
from alembic_rekey.sql.dialects import database
from alembic_rekey.sql.dialects.constraints import Condition, Conditions, Kept
from alembic_rekey.sql.dialects.interface import Database

__all__ = ["conditions_after", "conditions_broken"]


@dataclass(frozen=True)
class _Asking:
    """The conditions of one table, and the plan of it that they are held against."""

    part: Part
    spec: Spec
    planned: Planned
    told: Conditions
    dialect: Database


def conditions_after(connection: Connection, spec: Spec, names: Names, planned: Planned) -> Iterator[Check]:
    """Yield a check per table with a condition on a column that the plan writes."""
    dialect = database(connection.dialect.name)
    for part, told in zip(spec.parts, dialect.conditions(connection, [one.table for one in spec.parts]), strict=True):
        asking = _Asking(part, spec, planned, told, dialect)
        yield from _standing(asking, names)
        refused = [*_changed(asking, names), *_created(asking)]
        if refused:
            every = union_all(*refused).subquery("rekey_refused")
            said = literal(str(part.table.name)).label("table")
            yield check("condition_after", part.noun, select(said, every.c.row, every.c.what).order_by(every.c.row))


def conditions_broken(connection: Connection, parts: Sequence[Part]) -> Iterator[Check]:
    """Yield the check that rows of tables where some may be deleted are what these ask, for a plan.

    To the upgrade the catalog tells it.
    """
    dialect, deletable = database(connection.dialect.name), [part for part in parts if part.deletable]
    if not dialect.knows_broken_checks:
        told = dialect.conditions(connection, [part.table for part in deletable])
        for part, asked in zip(deletable, told, strict=True):
            if asked.asked:
                yield _check_broken(part, part.table, or_(*map(_broken, asked.asked)))


def _check_broken(part: Part, source: FromClause, broken: ColumnElement[bool]) -> Check:
    found = exists(select(literal(1)).select_from(source).where(broken))
    return check("check_broken", "", select(literal(str(part.table.name)).label("table")).where(found))


def _broken(one: Condition) -> ColumnElement[bool]:
    return literal_column(f"NOT ({one.said})")


def _standing(asking: _Asking, names: Names) -> Iterator[Check]:
    """Yield the check that rows which only change could be written back: that what they hold now is taken."""
    if asking.dialect.knows_broken_checks or asking.part.deletable:
        return
    told, writes = asking.told, written_columns(asking.spec, asking.part)
    writing = {one: [action for action, columns in writes.items() if one.covered & {*columns}] for one in told.asked}
    asked = [one for one, actions in writing.items() if actions]
    if asked:
        covered = {name for one in asked for name in one.covered}
        rows = standing(asking.part, asking.spec, names, asking.planned, covered)
        held = [value.label(name) for name, value in rows.values.items()]
        # By the table's own name: a text of the catalog may say it.
        row = select(rows.action.label("rekey_action"), *held).select_from(rows.source)
        source = row.subquery(str(asking.part.table.name))
        acting = (source.c.rekey_action.in_(sorted(action.value for action in writing[one])) for one in asked)
        broken = or_(*(and_(acts, _broken(one)) for acts, one in zip(acting, asked, strict=True)))
        yield _check_broken(asking.part, source, broken)


def _changed(asking: _Asking, names: Names) -> Iterator[Relation]:
    times = {str(stamp.name) for stamp in asking.part.times}
    written = {
        action: {str(name) for name in columns} - times
        for action, columns in written_columns(asking.spec, asking.part).items()
    }
    every = set[str]().union(*written.values())
    asked = [one for one in asking.told.asked if one.covered.isdisjoint(times) and not one.covered.isdisjoint(every)]
    given = every if asking.part.stamp is None else every | {str(asking.part.stamp.name)}
    # Of a text that says a time it is told how long it is.
    narrow = _narrow(asking, given)
    if asked or narrow:
        wanted = dict.fromkeys([*narrow, *sorted({name for one in asked for name in one.covered})])
        rows = changed(asking.part, asking.spec, names, asking.planned, wanted)
        writing = {one: [action for action, columns in written.items() if columns & one.covered] for one in asked}
        yield _refused(asking, rows, narrow, writing, given)


def _created(asking: _Asking) -> Iterator[Relation]:
    rows = created(asking.spec, asking.planned) if asking.part is asking.spec.identity else None
    if rows is not None and asking.told.inserts_as_given:
        # What no value is given for gets the database's own.
        times = {str(stamp.name) for stamp in asking.part.times}
        given = rows.values.keys()
        asked = [one for one in asking.told.asked if one.covered and one.covered <= given - times]
        narrow = _narrow(asking, given)
        if asked or narrow:
            yield _refused(asking, rows, narrow, {one: [Action.CREATE] for one in asked}, given)


def _narrow(asking: _Asking, names: Iterable[str]) -> list[str]:
    """Return those of the columns that have room for so many letters only, or for no sum of numbers of theirs."""
    summed = {name for name, how in asking.part.absorbing.items() if how is Absorb.SUM}
    return [
        name
        for name, kept in asking.told.kept.items()
        if name in names and (kept.length is not None or (kept.room is not None and name in summed))
    ]


def _surplus(value: ColumnElement[Any], kept: Kept) -> ColumnElement[bool]:
    """Return the condition that `value` is more than its column has room for."""
    if kept.room is None:
        return func.rtrim(func.substr(cast(value, Text), (kept.length or 0) + 1), " ") != ""
    rounded = func.round(cast(value, Numeric), kept.room.scale)
    # Every numeric column has room for NaN, which is more than all numbers.
    return and_(not_(rounded.between(kept.room.least, kept.room.most)), cast(rounded, Text) != "NaN")


def _refused(
    asking: _Asking,
    rows: RowsAfter,
    narrow: Iterable[str],
    writing: Mapping[Condition, list[Action]],
    given: Container[str],
) -> Relation:
    """Return the `row` and `what` the database would refuse of it first, as it asks: types, then constraints."""
    told, dialect = asking.told, asking.dialect
    names = dict.fromkeys([*narrow, *sorted({name for one in writing for name in one.covered})])
    made = {name: value for name, value in rows.values.items() if name in names and name in given}
    source, unborn = rows.source, dict[str, ColumnElement[Any]]()
    for place, name in enumerate(sorted(made.keys() & _leading(asking))):
        keys = _unborn(asking, f"rekey_unborn_{place}")
        source = source.outerjoin(keys, keys.c.key == cast(made[name], Text))
        unborn[name] = keys.c.key
    kept = select(
        *(rows.row.label("rekey_row"), rows.action.label("rekey_action")),
        *numbered("rekey_given", list(made.values())),
        *numbered("rekey_key", list(unborn.values())),
        *(dialect.as_kept(value, told.kept[name])[0].label(name) for name, value in made.items()),
        *(rows.values[name].label(name) for name in names if name not in made),
    ).select_from(source)
    # By the table's own name: a text of the catalog may say it.
    row = kept.subquery(str(asking.part.table.name))
    written = dict(zip(made, alike(row, "rekey_given"), strict=True))
    leads = dict(zip(unborn, alike(row, "rekey_key"), strict=True))
    lines: list[tuple[ColumnElement[bool], ColumnElement[str]]] = []
    for name in narrow:
        what = f"would not fit into its column {name!r}, which is {told.kept[name].type}"
        lines.append((_surplus(written[name], told.kept[name]), literal(what)))
    for one, actions in writing.items():
        refused = and_(
            row.c.rekey_action.in_(sorted(action.value for action in actions)),
            *(dialect.as_kept(value, told.kept[name])[1] for name, value in written.items() if name in one.covered),
            *(key.is_(None) for name, key in leads.items() if name in one.covered),
            _broken(one),
        )
        lines.append((refused, literal(f"would break the constraint {one.name}")))
    every = select(row.c.rekey_row.label("row"), case(*lines).label("what")).subquery("rekey_held")
    return select(every).where(every.c.what.is_not(None))


def _leading(asking: _Asking) -> set[str]:
    """Return the columns that may get the key of a row of the identity which is still to be created."""
    part = asking.part
    if not asking.spec.identity.creates:
        return set()
    retiring = (part.retiring or {}) if isinstance(part, Identity) else {}
    told = [name for name, value in retiring.items() if value is SURVIVOR]
    return {*(str(known.name) for known in part.owner_columns), *told}


def _unborn(asking: _Asking, called: str) -> FromClause:
    """Return the keys that stand for those of rows to be created, which have none yet: of their first shadows."""
    identity = asking.spec.identity
    planned = asking.planned[identity]
    keys = select(cast(leads_of(identity, planned)[0], Text).label("key"))
    return keys.where(planned.c.rekey_action == Action.CREATE.value).subquery(called)
