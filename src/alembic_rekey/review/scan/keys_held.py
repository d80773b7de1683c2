"""The columns without a foreign key that hold keys of rows that went, or that the next fold takes away."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import CompoundSelect, Integer, String, Text, cast, func, inspect, or_, select, union

from alembic_rekey.plan.groups.ranked import groups
from alembic_rekey.plan.groups.registered import Names
from alembic_rekey.plan.rules import Action
from alembic_rekey.review.scan.findings import KeysHeld
from alembic_rekey.review.scan.scope import Scope
from alembic_rekey.review.schema.description import Described, called
from alembic_rekey.review.schema.held import kind_of
from alembic_rekey.review.unkeyed import endings
from alembic_rekey.spec import Identity, Spec
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
    for table in scope.readable():
        fields = list(_candidates(scope, identity, described, table))
        if not fields:
            continue
        rows = scope.looking.rows(table)
        # Each by itself: PostgreSQL looks a list up by its hash in a WHERE alone, however long the list is.
        held = [select(func.count()).where(cast(rows.c[name], Text).in_(select(gone.c.key))) for name in fields]
        with scope.looking.within_limits() as failed:
            counted = scope.looking.connection.execute(select(*(asked.scalar_subquery() for asked in held))).one()
            for name, number in zip(fields, counted, strict=True):
                if number:
                    yield KeysHeld(called(table.place), name, identity.noun, number)
        yield from (f"{called(table.place)} was not read for keys: {reason}" for reason in failed)


def _candidates(scope: Scope, identity: Identity, described: Described, table: Described) -> Iterator[str]:
    kind, ends = kind_of(described.field(str(identity.keys[0].name)).type), endings(identity)
    linked = {name for link in table.links for name in link.columns}
    for field in table.fields:
        if field.name in linked or (*table.place, field.name) in scope.followed or field.computed is not None:
            continue
        named = any(field.name.lower() == end or field.name.lower().endswith(f"_{end}") for end in ends)
        own = kind_of(field.type)
        if (named and own in (kind, String)) or (own is kind and kind not in (None, Integer)):
            yield field.name


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
