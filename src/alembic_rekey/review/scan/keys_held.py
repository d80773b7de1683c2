"""The columns without a foreign key that hold keys of rows that went, or that the next fold takes away."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Integer,
    String,
    Text,
    and_,
    cast,
    func,
    inspect,
    or_,
    select,
    true,
    union,
)
from sqlalchemy.types import TypeEngine

from alembic_rekey.plan.groups.ranked import groups
from alembic_rekey.plan.groups.registered import Names
from alembic_rekey.plan.rules import Action
from alembic_rekey.review.scan.findings import KeysHeld
from alembic_rekey.review.scan.scope import Scope
from alembic_rekey.review.schema.description import Described, Field, called
from alembic_rekey.review.schema.held import kind_of
from alembic_rekey.review.schema.references import Referred
from alembic_rekey.spec import Spec
from alembic_rekey.sql.side_tables import journal, runs

__all__ = ["keys_held"]

_HOLDING = ("applied", "partly restored")


def keys_held(scope: Scope, spec: Spec, names: Names) -> Iterator[KeysHeld | str]:
    """Yield the columns that no part of a spec declares; numbers are keys only where a column is called so."""
    identity = spec.identity
    described = scope.described(identity)
    if described is None or len(identity.keys) > 1:
        return
    gone = _gone(scope, spec, names).cte("rekey_gone").prefix_with("MATERIALIZED")
    to = Referred(identity.noun, str(identity.table.name), str(identity.keys[0].name))
    kind = kind_of(described.field(to.key).type)
    for table in scope.readable():
        rows = scope.looking.rows(table)
        pairs = list(to.pairs(scope.looking, table, table.unlinked))
        told = {pair.key for pair in pairs}
        loose = [field.name for field in _loose(scope, table, kind, to) if field.name not in told]
        # Each by itself: PostgreSQL looks a list up by its hash in a WHERE alone, however long the list is.
        asked: list[tuple[str, dict[str, str], ColumnElement[bool]]] = [(name, {}, true()) for name in loose]
        for pair in pairs:
            there = and_(pair.of(rows), scope.uncovered(identity, table, pair.key, rows))
            asked.append((pair.key, {pair.type: pair.value}, there))
        held = [
            select(func.count()).where(cast(rows.c[name], Text).in_(select(gone.c.key)), there).scalar_subquery()
            for name, _, there in asked
        ]
        with scope.looking.within_limits() as failed:
            counted = scope.looking.connection.execute(select(*held)).one() if held else ()
            for (name, where, _), number in zip(asked, counted, strict=True):
                if number:
                    yield KeysHeld(called(table.place), name, identity.noun, number, where)
        yield from (f"{called(table.place)} was not read for keys: {reason}" for reason in failed)


def _loose(scope: Scope, table: Described, kind: type[TypeEngine[Any]] | None, to: Referred) -> Iterator[Field]:
    """Yield the columns that no spec declares and that may hold keys: numbers only where one is called so."""
    for field in table.unlinked:
        own = kind_of(field.type)
        if (*table.place, field.name) not in scope.followed and (
            (own in (kind, String) and to.is_meant_by(field.name)) or (own is kind and kind not in (None, Integer))
        ):
            yield field


def _gone(scope: Scope, spec: Spec, names: Names) -> CompoundSelect[str]:
    """Return the keys of shadows as texts: of those that stand, and of those that runs took away or retired."""
    identity = spec.identity
    key = identity.keys[0]
    grouped = groups(identity, spec, names)
    asked = [select(cast(grouped.c.key_0, Text).label("key")).where(grouped.c.place > 1)]
    kept = journal(identity)
    if inspect(scope.looking.connection).has_table(kept.name):
        applied = select(runs.c.id).where(runs.c.outcome.in_(_HOLDING))
        stands = select(key).where(key == kept.c[key.name]).exists()
        taken = kept.c.rekey_action == Action.DELETE.value
        asked.append(
            select(cast(kept.c[key.name], Text).label("key")).where(
                or_(taken & ~stands, kept.c.rekey_action == Action.RETIRE.value), kept.c.rekey_run.in_(applied)
            )
        )
    return union(*asked)
