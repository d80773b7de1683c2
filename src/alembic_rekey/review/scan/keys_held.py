"""The columns without a foreign key that hold keys of rows that went, or that the next fold takes away."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    FromClause,
    Integer,
    Select,
    String,
    Text,
    and_,
    bindparam,
    cast,
    func,
    inspect,
    not_,
    or_,
    select,
    true,
    union,
)
from sqlalchemy.types import NullType, TypeEngine

from alembic_rekey.plan.groups.registered import Names
from alembic_rekey.plan.judged import held, keys_of, leads_of, same_key
from alembic_rekey.plan.plan import streamed
from alembic_rekey.plan.rules import DELETED, Action
from alembic_rekey.review.scan.findings import KeysHeld
from alembic_rekey.review.scan.scope import Scope
from alembic_rekey.review.schema.description import Described, Field, called
from alembic_rekey.review.schema.held import kind_of
from alembic_rekey.review.schema.references import Referred
from alembic_rekey.spec import Part, Spec
from alembic_rekey.sql.dialects import database
from alembic_rekey.sql.side_tables import journal, runs

__all__ = ["keys_held"]

_HOLDING = ("applied", "partly restored")
_HANDED_OVER = 20_000
"""So many keys are read once; more are found out anew for each table, as memory must not grow with them."""


def keys_held(scope: Scope, spec: Spec, names: Names) -> Iterator[KeysHeld | str]:
    """Yield the columns that no part of a spec declares; numbers are keys only where a column is called so."""
    for parent in (spec.identity, *spec.slots):
        if len(parent.keys) == 1 and (described := scope.described(parent)) is not None:
            yield from _held(scope, parent, described, _gone(scope, spec, parent, names))


def _held(scope: Scope, parent: Part, described: Described, went: CompoundSelect[str]) -> Iterator[KeysHeld | str]:
    with scope.looking.within_limits() as failed:
        some = select(went.subquery("rekey_went").c.key).limit(_HANDED_OVER + 1)
        keys = scope.looking.connection.execute(some).scalars().all()
    yield from (f"keys of {called(described.place)} were not looked for: {reason}" for reason in failed)
    if failed or not keys:
        return
    dialect, is_all = scope.looking.connection.dialect.name, len(keys) <= _HANDED_OVER
    gone = (_listed(keys, dialect) if is_all else went).cte("rekey_gone").prefix_with("MATERIALIZED")
    to = Referred(parent.noun, described.name, str(parent.keys[0].name))
    kind = kind_of(described.field(to.key).type)
    for table in scope.readable():
        rows = scope.looking.rows(table)
        pairs = list(to.pairs(scope.looking, table, table.unlinked))
        told = {pair.key for pair in pairs}
        loose = [field.name for field in _loose(scope, table, kind, to) if field.name not in told]
        asked: list[tuple[str, dict[str, str], ColumnElement[bool]]] = [(name, {}, true()) for name in loose]
        for pair in pairs:
            there = and_(pair.of(rows), scope.uncovered(parent, table, pair.key, rows))
            asked.append((pair.key, {pair.type: pair.value}, there))
        # Each by itself: PostgreSQL looks a list up by its hash in a WHERE alone, however long the list is.
        counting = [
            select(func.count()).where(cast(rows.c[name], Text).in_(select(gone.c.key)), there).scalar_subquery()
            for name, _, there in asked
        ]
        with scope.looking.within_limits() as failed:
            counted = scope.looking.connection.execute(select(*counting)).one() if counting else ()
            for (name, where, _), number in zip(asked, counted, strict=True):
                if number:
                    yield KeysHeld(called(table.place), name, parent.noun, number, where)
        yield from (f"{called(table.place)} was not read for keys: {reason}" for reason in failed)


def _listed(keys: Sequence[str], dialect: str) -> Select[str]:
    """Return keys that were read as one bound document."""
    document = bindparam("gone", json.dumps([[key] for key in keys], separators=(",", ":")), Text())
    (entry,) = database(dialect).entries(document, range(1))
    return select(entry.label("key"))


def _loose(scope: Scope, table: Described, kind: type[TypeEngine[Any]] | None, to: Referred) -> Iterator[Field]:
    """Yield the columns that no spec declares and that may hold keys: numbers only where one is called so."""
    for field in table.unlinked:
        own = kind_of(field.type)
        # SQLite lets a column have no type: it may hold keys of any.
        fits = own in (kind, String) or isinstance(field.type, NullType)
        if (*table.place, field.name) not in scope.followed and (
            (fits and to.is_meant_by(field.name, scope.schema)) or (own is kind and kind not in (None, Integer))
        ):
            yield field


def _gone(scope: Scope, spec: Spec, part: Part, names: Names) -> CompoundSelect[str]:
    """Return the keys, as texts, of rows that a fold takes away: of those that stand, and of those that went before."""
    key = part.keys[0]
    _, planned = streamed(spec, names, {spec.identity, part})
    lines, kept = planned[part], journal(part)
    asked = [select(cast(held(lines, key), Text).label("key")).where(_goes(part, lines))]
    if part.key_moves:
        moved = lines.alias("rekey_moved")
        comes = select(*leads_of(part, moved)).where(moved.c.rekey_action == Action.REKEY.value)
        asked = [each.where(held(lines, key).not_in(comes)) for each in asked]
    if inspect(scope.looking.connection).has_table(kept.name):
        applied = select(runs.c.id).where(runs.c.outcome.in_(_HOLDING))
        stands = select(key).where(key == kept.c[key.name]).exists()
        retired = kept.c.rekey_action == Action.RETIRE.value
        asked.append(
            select(cast(kept.c[key.name], Text).label("key")).where(
                or_(_goes(part, kept) & ~stands, retired), kept.c.rekey_run.in_(applied)
            )
        )
    return union(*asked)


def _goes(part: Part, lines: FromClause) -> ColumnElement[bool]:
    """Return which lines of a plan, or a journal, take a row away from its key."""
    away: ColumnElement[bool] = lines.c.rekey_action.in_([*DELETED, Action.RETIRE])
    if not part.key_moves:
        return away
    moved = not_(same_key(keys_of(part, lines), leads_of(part, lines)))
    return or_(away, and_(lines.c.rekey_action == Action.REKEY.value, moved))
